//! Rule files of every format: read, written, read again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod formats {
    mod carried;
    mod elastic;
    mod robust;
    mod seeds;
    mod sentinel;
    mod support;
}
