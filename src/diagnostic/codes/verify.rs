//! Verification.

codes! {
}
