//! The `threat` array of a rule, with the names of the ATT&CK release that the stack takes.

use crate::attack::{Matrix, Tactic};
use crate::diagnostic::codes;
use crate::model::{AttackRef, Loss};
use crate::platform::releases;
use serde_json::{Value as Json, json};

/// The release that Elastic takes before version 9.5 of the stack.
const RELEASE: &str = "18.1";

/// A tactic with its techniques, in the order of their first mention.
struct Column {
    tactic: Json,
    id: String,
    techniques: Vec<(String, Vec<String>)>,
}

/// The mappings of a rule as Elastic writes them.
///
/// A technique stands under the tactics that the rule states for it. Where the rule lists tactics apart from techniques
/// (Sentinel), it stands under those of them that it belongs to in ATT&CK, else under its own.
pub(super) fn threat(attack: &[AttackRef], losses: &mut Vec<Loss>) -> Vec<Json> {
    let (Some(matrix), new) = (Matrix::built_in(RELEASE), Matrix::built_in("19.0")) else { return Vec::new() };
    let find = |written: &str| tactic(written, matrix, new);
    let listed: Vec<&Tactic> = attack
        .iter()
        .filter(|mapping| mapping.technique.is_none())
        .filter_map(|mapping| find(mapping.tactic.as_deref()?))
        .collect();
    let mut columns: Vec<Column> = Vec::new();
    let (mut dropped, mut changed) = (Vec::new(), Vec::new());
    let mut used: Vec<&str> = Vec::new();
    for mapping in attack {
        let stated = mapping.tactic.as_deref();
        let own = stated.and_then(find);
        if let (Some(written), None) = (stated, own) {
            dropped.push(written.to_owned());
        }
        let Some(written) = mapping.technique.as_deref() else { continue };
        let id = written.trim().to_ascii_uppercase();
        let Some(found) = releases::earlier(&id, matrix, new) else {
            dropped.push(written.to_owned());
            continue;
        };
        if found != id {
            changed.push(format!("{id} is {found}"));
        }
        let belongs = |tactic: &&Tactic| {
            matrix.technique(&found).is_some_and(|technique| technique.tactics.contains(&tactic.shortname))
        };
        let mut under: Vec<&Tactic> = own.filter(|tactic| belongs(tactic)).into_iter().collect();
        if under.is_empty() {
            under = listed.iter().copied().filter(belongs).collect();
        }
        if under.is_empty() {
            under = matrix.tactics.iter().filter(belongs).collect();
        }
        for tactic in under {
            used.push(tactic.id.as_str());
            put(&mut columns, tactic, Some(&found));
        }
    }
    for tactic in listed {
        if !used.contains(&tactic.id.as_str()) {
            put(&mut columns, tactic, None);
        }
    }
    if !changed.is_empty() {
        let message = format!("the stack takes ATT&CK 18, where {}", changed.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_CHANGED, message));
    }
    if !dropped.is_empty() {
        let message = format!("ATT&CK 18 does not know {}", dropped.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_DROPPED, message));
    }
    columns.iter().map(|column| to_json(column, matrix)).collect()
}

/// A tactic of the release; the two halves of Defense Evasion are Defense Evasion again.
fn tactic<'a>(written: &str, matrix: &'a Matrix, new: Option<&Matrix>) -> Option<&'a Tactic> {
    matrix.tactic(written).or_else(|| {
        let later = new.and_then(|matrix| matrix.tactic(written))?;
        matches!(later.shortname.as_str(), "stealth" | "defense-impairment").then(|| matrix.tactic("TA0005")).flatten()
    })
}

fn put(columns: &mut Vec<Column>, tactic: &Tactic, technique: Option<&str>) {
    let at = columns.iter().position(|column| column.id == tactic.id).unwrap_or_else(|| {
        let reference = format!("https://attack.mitre.org/tactics/{}/", tactic.id);
        let json = json!({ "id": tactic.id, "name": tactic.name, "reference": reference });
        columns.push(Column { tactic: json, id: tactic.id.clone(), techniques: Vec::new() });
        columns.len() - 1
    });
    let (Some(column), Some(id)) = (columns.get_mut(at), technique) else { return };
    let parent = id.split('.').next().unwrap_or(id);
    let place = column.techniques.iter().position(|(own, _)| own == parent).unwrap_or_else(|| {
        column.techniques.push((parent.to_owned(), Vec::new()));
        column.techniques.len() - 1
    });
    if let Some((_, subs)) = column.techniques.get_mut(place)
        && id != parent
        && !subs.iter().any(|own| own == id)
    {
        subs.push(id.to_owned());
    }
}

fn to_json(column: &Column, matrix: &Matrix) -> Json {
    let item = |id: &str| {
        let name = matrix.technique(id).map(|technique| technique.name.clone()).unwrap_or_default();
        json!({ "id": id, "name": name, "reference": format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")) })
    };
    let techniques: Vec<Json> = column
        .techniques
        .iter()
        .map(|(id, subs)| {
            let mut technique = item(id);
            if let Some(map) = technique.as_object_mut().filter(|_| !subs.is_empty()) {
                map.insert("subtechnique".to_owned(), subs.iter().map(|sub| item(sub)).collect());
            }
            technique
        })
        .collect();
    let mut threat = json!({ "framework": "MITRE ATT&CK" });
    if let Some(map) = threat.as_object_mut() {
        if !techniques.is_empty() {
            map.insert("technique".to_owned(), Json::Array(techniques));
        }
        map.insert("tactic".to_owned(), column.tactic.clone());
    }
    threat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(tactic: Option<&str>, technique: Option<&str>) -> AttackRef {
        AttackRef { tactic: tactic.map(str::to_owned), technique: technique.map(str::to_owned), ..AttackRef::default() }
    }

    #[test]
    fn techniques_stand_under_their_own_tactics() {
        let mut losses = Vec::new();
        let list = threat(
            &[mapping(Some("Persistence"), None), mapping(Some("Impact"), None), mapping(None, Some("T1078.004"))],
            &mut losses,
        );
        assert_eq!(list.len(), 2);
        assert_eq!(list[0]["tactic"]["id"], "TA0003");
        assert_eq!(list[0]["technique"][0]["id"], "T1078");
        assert_eq!(list[0]["technique"][0]["subtechnique"][0]["name"], "Cloud Accounts");
        assert_eq!(
            list[1],
            json!({"framework": "MITRE ATT&CK", "tactic": {"id": "TA0040", "name": "Impact", "reference": "https://attack.mitre.org/tactics/TA0040/"}})
        );
        assert!(losses.is_empty(), "{losses:?}");
    }

    #[test]
    fn newer_tactics_go_back_and_unknown_ids_are_named() {
        let mut losses = Vec::new();
        let list =
            threat(&[mapping(Some("TA0112"), Some("T1685.005")), mapping(Some("TA0001"), Some("T99999"))], &mut losses);
        assert_eq!(list.len(), 1);
        assert_eq!(list[0]["tactic"]["id"], "TA0005");
        assert_eq!(list[0]["technique"][0]["subtechnique"][0]["id"], "T1070.001");
        assert_eq!(losses.len(), 2, "{losses:?}");
    }
}
