//! Passes over the model: what a rule means, said in another way or looked at from another side.

pub mod connect;
pub mod exclusions;
pub mod left_out;
pub mod normalise;
pub mod presence;
pub mod recognise;
pub mod tidy;
pub mod typed;
