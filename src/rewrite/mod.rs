//! Passes over the model: what a rule means, said in another way or looked at from another side.

pub mod exclusions;
pub mod normalise;
pub mod presence;
pub mod recognise;
