//! Verification: events made from the rules themselves, and two rules run over them (ARCHITECTURE.md, rules 7 and 8).
//!
//! [`events`] makes events for which each test of a rule decides the outcome; [`decide`] says which test decides on
//! an event; [`compare`] runs two sides over the same events and shows the smallest event on which they differ.

pub mod decide;
pub mod events;
