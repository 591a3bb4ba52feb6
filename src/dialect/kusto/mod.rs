//! Kusto, the query language of Microsoft Sentinel and Defender.
//!
//! Text becomes the tree of [`syntax`], and the tree becomes text again, without the detection model.

pub mod syntax;
