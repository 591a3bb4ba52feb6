//! Reading and writing files.

codes! {}
