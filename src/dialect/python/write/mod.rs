//! Writing: a condition as a rule file that Panther runs, with the functions beside it.

mod beside;
mod constants;
mod functions;
mod helpers;
mod layout;
mod merge;
mod patterns;
mod text;

use crate::diagnostic::codes;
use crate::dialect::WriteContext;
use crate::model::walk::{self, Fold};
use crate::model::{
    Detection, Direction, Expr, FieldTypes, Logic, Loss, PlatformId, Predicate, Shape, Source, Step, StepKind, Test,
};
use crate::plan::{Support, Target};
use text::Printer;

/// Lines longer than this are broken.
const WIDTH: usize = 100;

/// What Python can say: whatever can be printed exactly.
pub(super) struct PythonTarget;

impl Target for PythonTarget {
    fn name(&self) -> &'static str {
        "python"
    }

    fn test(&self, test: &Test, _negated: bool, _types: &dyn FieldTypes) -> Support<Predicate> {
        if sayable(&Predicate::Test(test.clone())) {
            return folded(test).unwrap_or(Support::Exactly);
        }
        Support::No("this kind of test has no exact form in Python".to_owned())
    }

    fn predicate(&self, predicate: &Predicate, _types: &dyn FieldTypes) -> Support<Predicate> {
        match predicate {
            Predicate::Elements { .. } | Predicate::ExactlyOne(_) if sayable(predicate) => Support::Exactly,
            _ => Support::No("this condition has no exact form in Python".to_owned()),
        }
    }

    fn expr(&self, expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        // a variable is bound by the quantifier around it
        let mut printer = Printer::default();
        if printer.expr(&Free.expr(expr.clone())).is_some() {
            return Support::Exactly;
        }
        Support::No("this value has no exact form in Python".to_owned())
    }

    fn step(&self, _step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        Support::No("a streaming rule sees one event and can only filter".to_owned())
    }

    fn shape(&self, _shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        Support::No("a streaming rule sees one event and keeps nothing in mind".to_owned())
    }
}

/// A test whose words hold letters beyond ASCII: Python folds them, where Elasticsearch does not.
fn folded(test: &Test) -> Option<Support<Predicate>> {
    let message = "Python ignores the case of every letter, Elastic that of ASCII letters";
    let loss = Loss::matching(codes::panther::FOLDING, Direction::Wider, message, Some(test.span));
    test.kind.folds_ascii_only().then(|| Support::Approximately(test.clone().into(), vec![loss]))
}

/// Replaces variables by a field, so that a part can be tried on its own.
struct Free;

impl Fold for Free {
    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Var(_) => Expr::whole("item"),
            other => walk::expr_parts(self, other),
        }
    }
}

fn sayable(predicate: &Predicate) -> bool {
    Printer::default().predicate(&Free.predicate(predicate.clone())).is_some()
}

/// The rule file's text.
pub(super) fn write(logic: &Logic, context: &WriteContext<'_>) -> String {
    let detection = context.detection;
    let policy = detection.is_some_and(is_policy);
    let (name, root) = if policy { ("policy", "resource") } else { ("rule", "event") };
    let mut printer = Printer::of(root, Some(context.types));
    let mut functions = Vec::new();
    functions.push(format!("def {name}({root}):\n{}", body(&conditions(logic), policy, &mut printer)));
    if let Some(detection) = detection {
        functions.extend(beside::functions(detection, root, &mut printer));
    }
    let (imports, texts) = helpers::prelude(&printer.used);
    let (plain, from): (Vec<String>, Vec<String>) = imports.into_iter().partition(|line| line.starts_with("import "));
    let imports: Vec<String> = plain.into_iter().chain(from).collect();
    let constants = printer.constants.lines();
    let mut head = Vec::new();
    if !imports.is_empty() {
        head.push(imports.join("\n"));
    }
    if !constants.is_empty() {
        head.push(constants.join("\n"));
    }
    let mut out = head.join("\n\n");
    if !out.is_empty() {
        out.push_str("\n\n\n");
    }
    let blocks: Vec<String> = texts.into_iter().chain(functions).collect();
    out.push_str(&blocks.join("\n\n\n"));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Whether the detection was a policy of Panther: it returns false where it alerts.
fn is_policy(detection: &Detection) -> bool {
    let own = detection.extras.get(&PlatformId::Panther).and_then(|own| own.get("document"));
    own.and_then(|own| own.get("AnalysisType")).and_then(serde_json::Value::as_str) == Some("policy")
}

/// A condition with what its author said of it.
struct Said {
    condition: Predicate,
    comments: Vec<String>,
}

/// The conjuncts of all filters.
fn conditions(logic: &Logic) -> Vec<Said> {
    let always = || vec![Said { condition: Predicate::Always(true), comments: Vec::new() }];
    let Logic::Pipeline(pipeline) = logic else { return always() };
    debug_assert!(matches!(pipeline.source, Source::Events | Source::Table(_)));
    let mut all: Vec<Said> = Vec::new();
    for step in &pipeline.steps {
        let StepKind::Filter(predicate) = &step.kind else { continue };
        for (at, conjunct) in predicate.conjuncts().iter().enumerate() {
            let mut comments = if at == 0 { step.comments.clone() } else { Vec::new() };
            for comment in own_comments(conjunct) {
                if !comments.contains(&comment) && !all.iter().any(|said| said.comments.contains(&comment)) {
                    comments.push(comment);
                }
            }
            all.push(Said { condition: conjunct.clone(), comments });
        }
    }
    if all.is_empty() { always() } else { all }
}

/// The comments that stand with the tests of a condition.
fn own_comments(predicate: &Predicate) -> Vec<String> {
    struct Comments(Vec<String>);
    impl Fold for Comments {
        fn test(&mut self, test: Test) -> Predicate {
            self.0.extend(test.comments.iter().cloned());
            Predicate::Test(walk::test_parts(self, test))
        }
    }
    let mut comments = Comments(Vec::new());
    comments.predicate(predicate.clone());
    comments.0
}

/// Lines of comments, as long as lines are.
fn comment_lines(comments: &[String], indent: &str) -> String {
    let mut out = String::new();
    for comment in comments.iter().flat_map(|comment| comment.lines()) {
        let mut line = String::new();
        for word in comment.split_whitespace() {
            if !line.is_empty() && indent.len() + 2 + line.len() + 1 + word.len() > WIDTH {
                out.push_str(&format!("{indent}# {line}\n"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            out.push_str(&format!("{indent}# {line}\n"));
        }
    }
    out
}

/// Early returns for all conditions but the last; `denied`: the function returns false where they hold.
fn body(conditions: &[Said], denied: bool, printer: &mut Printer<'_>) -> String {
    let (yes, no) = if denied { ("False", "True") } else { ("True", "False") };
    let Some((last, before)) = conditions.split_last() else { return format!("    return {yes}") };
    let mut texts: Vec<String> = Vec::new();
    let mut comments: Vec<&[String]> = Vec::new();
    for said in before {
        // the contrary of a contrary is the thing itself
        let code = match &said.condition {
            Predicate::Not(inner) => printer.predicate(inner),
            other => printer.predicate(other).map(|code| text::negated(&code)),
        };
        if let Some(code) = code {
            texts.push(layout::truth(&code.text));
            comments.push(&said.comments);
        }
    }
    texts.push(match printer.predicate(&last.condition) {
        Some(code) if denied => text::negated(&code).text,
        Some(code) => code.text,
        None => no.to_owned(),
    });
    comments.push(&last.comments);
    let mut out = String::new();
    for line in layout::locals(printer.root, &mut texts) {
        out.push_str(&format!("    {line}\n"));
    }
    let Some((returned, guards)) = texts.split_last() else { return out };
    for (guard, comments) in guards.iter().zip(&comments) {
        out.push_str(&comment_lines(comments, "    "));
        out.push_str(&layout::statement("if ", guard, ":", 4));
        out.push_str(&format!("        return {no}\n"));
    }
    out.push_str(&comment_lines(comments.last().copied().unwrap_or(&[]), "    "));
    out.push_str(layout::statement("return ", returned, "", 4).trim_end());
    out
}
