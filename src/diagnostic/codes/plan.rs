//! Losses and refusals of a translation.

codes! {}
