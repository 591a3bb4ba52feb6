//! Finding the row that a reference of a platform means.

use super::schema::{Row, Schema};
use crate::model::{ArrayMode, FieldPath, PlatformId, Segment};

/// A row, and what the reference said at each list on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// The row.
    pub row: &'a Row,
    /// One segment for each `[]` of the row's common name: which elements are meant.
    pub lists: Vec<Segment>,
    /// What follows behind the path of a row that stands for a whole object.
    pub rest: Vec<Segment>,
}

/// The row that `path` means on a platform. The longest path wins; a row of a dynamic type also stands for what is
/// inside it. Panther's keys are case-insensitive, the others' are not.
pub fn find_row<'a>(schema: &'a Schema, platform: PlatformId, path: &FieldPath) -> Option<Found<'a>> {
    let mut best: Option<(usize, Found<'a>)> = None;
    // A line means itself, never the words in it.
    let rows = schema.candidates(Some(platform), path);
    for row in rows.filter(|row| !row.one_line.contains(&platform)) {
        let own = row.paths.get(&platform).into_iter();
        let also = row.also.get(&platform).into_iter().flatten();
        for candidate in own.chain(also) {
            let Some((lists, rest)) = fits(&candidate.0, &path.0, platform) else { continue };
            if !rest.is_empty() && row.kind.kind != crate::model::FieldKind::Dynamic {
                continue;
            }
            let weight = path.0.len() - rest.len();
            if best.as_ref().is_none_or(|(known, _)| weight > *known) {
                best = Some((weight, Found { row, lists, rest: rest.to_vec() }));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// Holds a reference against a row's path: the segment at each list, and what is left of the reference.
fn fits<'p>(row: &[Segment], path: &'p [Segment], platform: PlatformId) -> Option<(Vec<Segment>, &'p [Segment])> {
    let mut lists = Vec::new();
    let mut rest = path;
    for segment in row {
        match segment {
            Segment::Any => match rest.first() {
                Some(at @ (Segment::Any | Segment::Index(_) | Segment::Paired { .. })) => {
                    lists.push(at.clone());
                    rest = rest.get(1..).unwrap_or(&[]);
                }
                // Elastic names no list: a path through one stands for every element.
                _ if platform == PlatformId::Elastic => lists.push(Segment::Any),
                // So does a path that ends at the list itself.
                None => lists.push(Segment::Any),
                _ => return None,
            },
            // An object whose keys are indexes (`a.0.b`, `a.*.b`).
            Segment::KeyPattern(pattern) if pattern == "*" => match rest.first() {
                Some(Segment::KeyPattern(name)) if name == "*" => {
                    lists.push(Segment::Any);
                    rest = rest.get(1..).unwrap_or(&[]);
                }
                Some(Segment::Key(name)) => {
                    lists.push(Segment::Index(name.parse().ok()?));
                    rest = rest.get(1..).unwrap_or(&[]);
                }
                Some(at @ (Segment::Any | Segment::Index(_))) => {
                    lists.push(at.clone());
                    rest = rest.get(1..).unwrap_or(&[]);
                }
                _ => return None,
            },
            Segment::Key(name) => match rest.first() {
                Some(Segment::Key(other)) if same_key(name, other, platform) => rest = rest.get(1..).unwrap_or(&[]),
                _ => return None,
            },
            other => {
                if rest.first() != Some(other) {
                    return None;
                }
                rest = rest.get(1..).unwrap_or(&[]);
            }
        }
    }
    Some((lists, rest))
}

fn same_key(left: &str, right: &str, platform: PlatformId) -> bool {
    left == right || (platform == PlatformId::Panther && left.eq_ignore_ascii_case(right))
}

/// The common path of what was found.
pub(super) fn common_path(found: &Found<'_>) -> FieldPath {
    let mut lists = found.lists.iter();
    let mut segments: Vec<Segment> = found
        .row
        .name
        .0
        .iter()
        .map(|segment| match segment {
            Segment::Any => lists.next().cloned().unwrap_or(Segment::Any),
            other => other.clone(),
        })
        .collect();
    segments.extend(found.rest.iter().cloned());
    FieldPath(segments)
}

/// The row that a common path belongs to, as [`find_row`] does for platforms.
pub(super) fn find_common<'a>(schema: &'a Schema, path: &FieldPath) -> Option<Found<'a>> {
    let mut best: Option<(usize, Found<'a>)> = None;
    for row in schema.candidates(None, path) {
        let Some((lists, rest)) = fits(&row.name.0, &path.0, PlatformId::Sentinel) else { continue };
        if !rest.is_empty() && row.kind.kind != crate::model::FieldKind::Dynamic {
            continue;
        }
        let weight = path.0.len() - rest.len();
        if best.as_ref().is_none_or(|(known, _)| weight > *known) {
            best = Some((weight, Found { row, lists, rest: rest.to_vec() }));
        }
    }
    best.map(|(_, found)| found)
}

/// Why a path cannot be written on a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoPath {
    /// The platform has no such field.
    Absent,
    /// The platform flattens the list: one element cannot be told from the others.
    Flattened,
}

/// The platform's path for what was found, and the mode in which it is read there.
pub(super) fn platform_path(
    found: &Found<'_>,
    platform: PlatformId,
    mode: ArrayMode,
) -> Result<(FieldPath, ArrayMode), NoPath> {
    let path = found.row.paths.get(&platform).ok_or(NoPath::Absent)?;
    let mut lists = found.lists.iter();
    let mut segments = Vec::new();
    for segment in &path.0 {
        match segment {
            Segment::Any => match (lists.next(), platform) {
                // Elastic flattens lists: every element is meant, and no segment is written.
                (Some(Segment::Any) | None, PlatformId::Elastic) => {}
                (Some(_), PlatformId::Elastic) => return Err(NoPath::Flattened),
                (Some(at), _) => segments.push(at.clone()),
                (None, _) => segments.push(Segment::Any),
            },
            Segment::KeyPattern(_) => match lists.next() {
                Some(Segment::Index(index)) if *index >= 0 => segments.push(Segment::Key(index.to_string())),
                Some(Segment::Any) | None => segments.push(segment.clone()),
                Some(_) => return Err(NoPath::Flattened),
            },
            other => segments.push(other.clone()),
        }
    }
    segments.extend(found.rest.iter().cloned());
    let several = found.lists.contains(&Segment::Any) || found.row.kind.list;
    let mode = match platform {
        // Elastic reads every value; the modes that pick one of several have no counterpart.
        PlatformId::Elastic => match mode {
            ArrayMode::Whole | ArrayMode::Any | ArrayMode::Single => ArrayMode::Any,
            // What that means where values have no order is for each language to say.
            mode if several => mode,
            _ => ArrayMode::Any,
        },
        // The words of a line are one text.
        _ if found.row.one_line.contains(&platform) => ArrayMode::Whole,
        _ if several => mode,
        // One value: every mode means that value.
        _ => ArrayMode::Whole,
    };
    Ok((FieldPath(segments), mode))
}
