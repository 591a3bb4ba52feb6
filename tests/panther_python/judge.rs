//! Panther's own runtime, asked over a pipe, and its schema.

use super::shared;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Judge {
    child: Child,
    answers: BufReader<ChildStdout>,
}

fn command() -> Option<Command> {
    let home = std::env::var_os("JUDGES")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))?;
    let (python, script) = (home.join("panther-venv/bin/python"), shared().join("judges/panther/pat.py"));
    if !python.is_file() || !script.is_file() {
        println!("skipped: no judge at {} or {}", python.display(), script.display());
        return None;
    }
    let mut command = Command::new(python);
    command.arg(script);
    Some(command)
}

impl Judge {
    /// Starts the judge with the helpers of a repository.
    pub fn start(root: &Path) -> Option<Self> {
        let mut child = command()?
            .args(["--server", "--root"])
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the judge starts");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Judge { child, answers })
    }

    /// Verdict and error on each event; nothing where the rule does not load.
    pub fn ask(&mut self, request: &Json) -> Vec<(bool, String)> {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{request}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the judge has ended");
            // rules print too
            let Ok(answer) = serde_json::from_str::<Json>(&line) else { continue };
            if answer.get("results").is_none() && answer.get("error").is_none() {
                continue;
            }
            if let Some(error) = answer["error"].as_str() {
                println!("  the judge: {error}");
            }
            return answer["results"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|result| {
                    (result["match"].as_bool().unwrap_or(false), result["error"].as_str().unwrap_or("").to_owned())
                })
                .collect();
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rule files that Panther's schema refuses, with its reasons; `None` without the judge.
pub fn refused_by_schema(files: &[PathBuf]) -> Option<Vec<String>> {
    let mut refused = Vec::new();
    for some in files.chunks(200) {
        let output = command()?.env("PANTHER_ANALYSIS", "/nowhere").arg("--schema").args(some).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said: Vec<&str> = text.lines().filter(|line| line.contains(" OK") || line.contains(" INVALID ")).collect();
        assert_eq!(said.len(), some.len(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        refused.extend(said.iter().filter(|line| line.contains(" INVALID ")).map(|line| (*line).to_owned()));
    }
    Some(refused)
}
