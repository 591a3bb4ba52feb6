//! The report of a run, in the shape of the design ("The command").

use super::Translation;
use crate::diagnostic::{Span, line_column};
use crate::model::Verdict;
use serde::Serialize;
use serde_json::Value as Json;

/// Where a rule came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceEntry {
    /// Its file.
    pub path: String,
    /// The language of its query.
    pub dialect: Option<String>,
    /// The format of its file.
    pub format: String,
}

/// A written file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetEntry {
    /// Its path; `-` for standard output.
    pub path: String,
    /// The language of its query.
    pub dialect: Option<String>,
    /// Its format.
    pub format: String,
    /// rule, code, tests or part.
    pub role: String,
}

/// A loss at its place in the source file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossEntry {
    /// The stable code.
    pub code: String,
    /// match, alerting or output.
    pub scope: String,
    /// wider, narrower or either.
    pub direction: String,
    /// Why, in a sentence.
    pub message: String,
    /// Line in the source file, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The source's text at that place.
    pub text: Option<String>,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerificationEntry {
    /// Events on which both sides ran.
    pub events: usize,
    /// Events on which they agree.
    pub agree: usize,
    /// Tests of the rule that decided the outcome of at least one event.
    pub decided: usize,
    /// Tests of the rule.
    pub tests: usize,
    /// The smallest event found on which they differ, with both verdicts.
    pub counterexample: Option<Json>,
}

/// Why a rule was refused, at its place in the source file.
pub type RefusalEntry = LossEntry;

/// A field without a counterpart.
pub type UnmappedEntry = String;

/// A rule of the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleEntry {
    /// The rule's id; its path where it has none.
    pub id: String,
    /// Where it came from.
    pub source: SourceEntry,
    /// What was written.
    pub targets: Vec<TargetEntry>,
    /// exact, approximate or refused.
    pub verdict: String,
    /// Present and true where verification was switched off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// What differs.
    pub losses: Vec<LossEntry>,
    /// Why nothing was written.
    pub refusals: Vec<RefusalEntry>,
    /// Fields without a counterpart.
    pub unmapped: Vec<UnmappedEntry>,
    /// What verification found.
    pub verification: Option<VerificationEntry>,
}

/// Counts over the run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Rules read.
    pub rules: usize,
    /// Exact translations.
    pub exact: usize,
    /// Approximate translations.
    pub approximate: usize,
    /// Refused rules.
    pub refused: usize,
    /// Translations without verification.
    pub unverified: usize,
    /// Files that could not be read or parsed.
    pub unreadable: usize,
    /// Assumptions that hold for the whole run.
    pub assumptions: Vec<String>,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// Every rule in the order of the run.
    pub rules: Vec<RuleEntry>,
    /// Counts.
    pub summary: Summary,
}

impl Report {
    /// Adds a rule; `place` gives the span in the file of a span in the query, `file` is the file's text.
    pub fn add(
        &mut self,
        id: String,
        source: SourceEntry,
        targets: Vec<TargetEntry>,
        translation: &Translation,
        place: impl Fn(Span) -> Span,
        file: &str,
    ) {
        let entry = |code: &str, scope: &str, direction: &str, message: &str, span: Option<Span>| {
            let span = span.filter(|span| *span != Span::default()).map(&place);
            let at = span.map(|span| line_column(file, span.start));
            LossEntry {
                code: code.to_owned(),
                scope: scope.to_owned(),
                direction: direction.to_owned(),
                message: message.to_owned(),
                line: at.map(|at| at.line),
                column: at.map(|at| at.column),
                text: span.map(|span| span.text(file).to_owned()),
            }
        };
        self.summary.rules += 1;
        match translation.verdict {
            Verdict::Exact => self.summary.exact += 1,
            Verdict::Approximate => self.summary.approximate += 1,
            Verdict::Refused => self.summary.refused += 1,
        }
        self.summary.unverified += usize::from(translation.unverified);
        for assumption in &translation.assumptions {
            if !self.summary.assumptions.contains(assumption) {
                self.summary.assumptions.push(assumption.clone());
            }
        }
        self.rules.push(RuleEntry {
            id,
            source,
            targets,
            verdict: translation.verdict.name().to_owned(),
            unverified: translation.unverified,
            losses: translation
                .losses
                .iter()
                .map(|loss| entry(loss.code.name(), loss.scope.name(), loss.direction.name(), &loss.message, loss.span))
                .collect(),
            refusals: translation
                .refusals
                .iter()
                .map(|refusal| entry(refusal.code.name(), "match", "either", &refusal.message, refusal.span))
                .collect(),
            unmapped: translation.unmapped.clone(),
            verification: translation.verification.clone(),
        });
    }

    /// The report as JSON, one stable layout.
    ///
    /// # Errors
    /// Never for this type.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The report as Markdown.
    ///
    /// # Errors
    /// Never for our own template.
    pub fn markdown(&self) -> Result<String, minijinja::Error> {
        crate::template::render(include_str!("../../templates/report/translate.md.j2"), self)
    }
}
