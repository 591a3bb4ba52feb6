//! Turns the field tables, which people write in YAML, into JSON, which the program reads ten times as fast at its
//! start.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let from = Path::new("schemas/fields");
    println!("cargo::rerun-if-changed={}", from.display());
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?).join("fields");
    fs::create_dir_all(&out)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let stem = path.file_stem().ok_or("a field table without a name")?;
        let told = |error: &dyn Error| format!("{}: {error}", path.display());
        let table: serde_json::Value =
            serde_yaml::from_str(&fs::read_to_string(&path)?).map_err(|error| told(&error))?;
        let json = serde_json::to_string(&table).map_err(|error| told(&error))?;
        fs::write(out.join(stem).with_extension("json"), json)?;
    }
    Ok(())
}
