//! Commands.

use super::expressions::{constant, expr, last_token, literal, name, signed, string_value};
use super::{Result, Rule, internal, span_of};
use crate::diagnostic::Span;
use crate::dialect::esql::tree::*;
use pest::iterators::Pair;

pub(super) fn commands(pair: Pair<'_, Rule>) -> Result<Vec<Command>> {
    let commands = pair.into_inner().filter(|part| !matches!(part.as_rule(), Rule::EOI | Rule::setting));
    commands.map(command).collect()
}

/// The settings in front of a query, as written.
pub(super) fn settings(pair: Pair<'_, Rule>) -> Vec<Setting> {
    let found = pair.into_inner().filter(|part| part.as_rule() == Rule::setting);
    found.map(|part| Setting { text: part.as_str().trim().to_owned(), span: span_of(&part) }).collect()
}

fn inner_expr(pair: &Pair<'_, Rule>) -> Result<Expr> {
    let found = pair.clone().into_inner().find(|part| part.as_rule() == Rule::expr);
    expr(found.ok_or_else(internal)?)
}

fn command(pair: Pair<'_, Rule>) -> Result<Command> {
    let mut span = span_of(&pair);
    // A command ends with its last token; comments behind it are not its own.
    span.end = last_token(pair.clone()).max(span.start);
    let kind = match pair.as_rule() {
        Rule::from => from(pair)?,
        Rule::row => CommandKind::Row(fields_in(pair)?),
        Rule::show => CommandKind::Show,
        Rule::where_ => CommandKind::Where(inner_expr(&pair)?),
        Rule::eval => CommandKind::Eval(fields_in(pair)?),
        Rule::stats => stats(pair)?,
        Rule::keep => CommandKind::Keep(patterns_in(pair)),
        Rule::drop => CommandKind::Drop(patterns_in(pair)),
        Rule::rename => CommandKind::Rename(
            pair.into_inner().filter(|part| part.as_rule() == Rule::renaming).map(renaming).collect::<Result<_>>()?,
        ),
        Rule::sort => {
            let orders = pair.into_inner().filter(|part| part.as_rule() == Rule::order).map(order);
            CommandKind::Sort(orders.collect::<Result<_>>()?)
        }
        Rule::limit if !has(&pair, Rule::limit_by) => {
            let count = pair.into_inner().find(|part| part.as_rule() != Rule::kw_limit).ok_or_else(internal)?;
            CommandKind::Limit(constant(&count)?)
        }
        Rule::dissect => dissect(&pair)?,
        Rule::grok => {
            let (subject, patterns) = subject_and_texts(&pair)?;
            CommandKind::Grok { subject, patterns }
        }
        Rule::mv_expand => {
            let found = pair.into_inner().find(|part| part.as_rule() == Rule::name).ok_or_else(internal)?;
            CommandKind::MvExpand(name(&found))
        }
        Rule::fork => {
            let branches = pair.into_inner().filter(|part| part.as_rule() == Rule::branch).map(commands);
            CommandKind::Fork(branches.collect::<Result<_>>()?)
        }
        _ => other(&pair, span)?,
    };
    Ok(Command { kind, span, notes: Vec::new() })
}

fn has(pair: &Pair<'_, Rule>, rule: Rule) -> bool {
    pair.clone().into_inner().any(|part| part.as_rule() == rule)
}

/// A command that is kept as it stands.
fn other(pair: &Pair<'_, Rule>, span: Span) -> Result<CommandKind> {
    let word = |word: &str| pair.as_str().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let name = match pair.as_rule() {
        Rule::enrich => "enrich",
        Rule::join => "join",
        Rule::change_point => "change_point",
        Rule::completion => "completion",
        Rule::rerank => "rerank",
        Rule::sample => "sample",
        Rule::limit => "limit_by",
        Rule::mmr => "mmr",
        Rule::dedup => "dedup",
        _ => ["uri_parts", "registered_domain", "user_agent", "ip_location", "metrics_info", "ts_info", "rrf"]
            .into_iter()
            .find(|name| word(name))
            .unwrap_or("fuse"),
    };
    let exprs = exprs_in(pair.clone())?;
    let targets: Vec<String> = pair
        .clone()
        .into_inner()
        .filter(|part| part.as_rule() == Rule::target)
        .flat_map(Pair::into_inner)
        .map(|part| self::name(&part).name)
        .collect();
    let or = |targets: Vec<String>, usual: &[&str]| {
        Some(if targets.is_empty() { usual.iter().map(|&name| name.to_owned()).collect() } else { targets })
    };
    let (mut made, mut keys) = (None, Vec::new());
    match name {
        "enrich" => {
            keys.extend(patterns_in(pair.clone()).into_iter().map(|name| name.name));
            let given = pair.clone().into_inner().filter(|part| part.as_rule() == Rule::enriched);
            let given: Vec<String> =
                given.filter_map(|part| patterns_in(part).into_iter().next()).map(|name| name.name).collect();
            made = (!given.is_empty()).then_some(given);
        }
        "join" => keys.extend(exprs.iter().filter_map(|one| match &one.kind {
            ExprKind::Name(name) => Some(name.name.clone()),
            _ => None,
        })),
        "change_point" => made = or(targets, &["type", "pvalue"]),
        "completion" => made = or(targets, &["completion"]),
        "rerank" => made = or(targets, &["_score"]),
        "fuse" | "rrf" => made = Some(vec!["_score".to_owned()]),
        "sample" | "limit_by" | "mmr" | "dedup" => made = Some(Vec::new()),
        "metrics_info" | "ts_info" => {}
        _ => made = Some(targets),
    }
    Ok(CommandKind::Other { name, text: span.text(pair.get_input()).to_owned(), exprs, made, keys })
}

fn renaming(pair: Pair<'_, Rule>) -> Result<(Name, Name)> {
    let turned = pair.clone().into_inner().any(|part| part.as_rule() == Rule::assign);
    let mut names = patterns_in(pair).into_iter();
    match (names.next(), names.next()) {
        (Some(one), Some(other)) => Ok(if turned { (other, one) } else { (one, other) }),
        _ => Err(internal()),
    }
}

fn dissect(pair: &Pair<'_, Rule>) -> Result<CommandKind> {
    let (subject, mut patterns) = subject_and_texts(pair)?;
    let options = pair.clone().into_inner().filter(|part| part.as_rule() == Rule::options).flat_map(Pair::into_inner);
    let options = options.map(|option| {
        let mut parts = option.into_inner();
        let name = name(&parts.next().ok_or_else(internal)?);
        let value = parts.find(|part| part.as_rule() != Rule::assign).ok_or_else(internal)?;
        Ok((name, constant(&value)?))
    });
    let options = options.collect::<Result<_>>()?;
    Ok(CommandKind::Dissect { subject, pattern: patterns.pop().ok_or_else(internal)?, options })
}

/// Every expression directly inside a command that is kept as it stands.
fn exprs_in(pair: Pair<'_, Rule>) -> Result<Vec<Expr>> {
    let mut found = Vec::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::expr => found.push(expr(part)?),
            Rule::limit_by => found.extend(exprs_in(part)?),
            Rule::primary_cast => found.push(casted(part)?),
            Rule::fields => found.extend(fields(part)?.into_iter().map(|field| field.value)),
            _ => {}
        }
    }
    Ok(found)
}

fn subject_and_texts(pair: &Pair<'_, Rule>) -> Result<(Expr, Vec<Literal>)> {
    let mut subject = None;
    let mut texts = Vec::new();
    for part in pair.clone().into_inner() {
        match part.as_rule() {
            Rule::primary_cast => subject = Some(casted(part)?),
            Rule::string => texts.push(literal(&part)?),
            _ => {}
        }
    }
    Ok((subject.ok_or_else(internal)?, texts))
}

fn casted(pair: Pair<'_, Rule>) -> Result<Expr> {
    signed(&mut pair.into_inner().peekable())
}

fn from(pair: Pair<'_, Rule>) -> Result<CommandKind> {
    let mut series = false;
    let (mut indices, mut metadata) = (Vec::new(), Vec::new());
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_ts => series = true,
            Rule::index => {
                let span = span_of(&part);
                let inner = part.into_inner().next().ok_or_else(internal)?;
                indices.push(match inner.as_rule() {
                    Rule::subquery => Index::Query(commands(inner)?),
                    Rule::string => {
                        Index::Pattern { name: string_value(inner.as_str()), text: inner.as_str().to_owned(), span }
                    }
                    _ => Index::Pattern { name: inner.as_str().to_owned(), text: inner.as_str().to_owned(), span },
                });
            }
            Rule::metadata => {
                let names = part.into_inner().filter(|inner| inner.as_rule() == Rule::bare_index);
                metadata.extend(names.map(|inner| inner.as_str().to_owned()));
            }
            _ => {}
        }
    }
    Ok(CommandKind::From { series, indices, metadata })
}

fn stats(pair: Pair<'_, Rule>) -> Result<CommandKind> {
    let mut inline = false;
    let (mut aggregates, mut by) = (Vec::new(), Vec::new());
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_inline | Rule::kw_inlinestats => inline = true,
            Rule::aggregates => {
                for aggregate in part.into_inner() {
                    let mut inner = aggregate.into_inner();
                    let field = field(inner.next().ok_or_else(internal)?)?;
                    let filter = inner.find(|part| part.as_rule() == Rule::expr).map(expr).transpose()?;
                    let span = filter.as_ref().map_or(field.span, |filter| field.span.to(filter.span));
                    aggregates.push(Aggregate { field, filter, span });
                }
            }
            Rule::grouping => by = fields_in(part)?,
            _ => {}
        }
    }
    Ok(CommandKind::Stats { inline, aggregates, by })
}

fn fields_in(pair: Pair<'_, Rule>) -> Result<Vec<Field>> {
    fields(pair.into_inner().find(|part| part.as_rule() == Rule::fields).ok_or_else(internal)?)
}

fn fields(pair: Pair<'_, Rule>) -> Result<Vec<Field>> {
    pair.into_inner().map(field).collect()
}

fn field(pair: Pair<'_, Rule>) -> Result<Field> {
    let start = span_of(&pair);
    let mut parts = pair.into_inner().peekable();
    let named = parts.next_if(|part| part.as_rule() == Rule::name).map(|part| name(&part));
    let value = expr(parts.find(|part| part.as_rule() == Rule::expr).ok_or_else(internal)?)?;
    let span = Span::new(start.start, value.span.end);
    Ok(Field { name: named, value, span })
}

fn patterns_in(pair: Pair<'_, Rule>) -> Vec<Name> {
    pair.into_inner().filter(|part| part.as_rule() == Rule::pattern).map(|part| name(&part)).collect()
}

fn order(pair: Pair<'_, Rule>) -> Result<Order> {
    let start = span_of(&pair).start;
    let end = last_token(pair.clone());
    let value = inner_expr(&pair)?;
    let has = |rule: Rule| pair.clone().into_inner().any(|part| part.as_rule() == rule);
    let nulls_first = if has(Rule::kw_nulls) { Some(has(Rule::kw_first)) } else { None };
    let span = Span::new(start, end.max(value.span.end));
    Ok(Order { value, descending: has(Rule::kw_desc), nulls_first, span })
}
