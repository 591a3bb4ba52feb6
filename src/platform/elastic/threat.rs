//! The `threat` array of a rule, with the names of the ATT&CK release that the stack takes.

use crate::attack::{Matrix, Tactic};
use crate::diagnostic::codes;
use crate::model::{AttackRef, Loss};
use crate::platform::releases::{AttackRelease, HALVES, TacticIn};
use serde_json::{Value as Json, json};

/// A tactic with its techniques, in the order of their first mention.
struct Column {
    tactic: Json,
    id: String,
    techniques: Vec<(String, Vec<String>)>,
}

/// The mappings of a rule as Elastic writes them, in the names and ids of a release.
///
/// A technique stands under the tactics that the rule states for it. Where the rule lists tactics apart from techniques
/// (Sentinel), it stands under those of them that it belongs to in ATT&CK, else under its own.
pub(super) fn threat(attack: &[AttackRef], release: AttackRelease, losses: &mut Vec<Loss>) -> Vec<Json> {
    let Some(matrix) = release.matrix() else { return Vec::new() };
    let named = |written: &str| -> Vec<&Tactic> {
        match release.tactic(written) {
            TacticIn::One(id) => matrix.tactic(&id).into_iter().collect(),
            TacticIn::Halves => HALVES.iter().filter_map(|id| matrix.tactic(id)).collect(),
            TacticIn::Unknown => Vec::new(),
        }
    };
    let stated_alone: Vec<(&str, Vec<&Tactic>)> = attack
        .iter()
        .filter(|mapping| mapping.technique.is_none())
        .filter_map(|mapping| mapping.tactic.as_deref())
        .map(|written| (written, named(written)))
        .collect();
    let mut columns: Vec<Column> = Vec::new();
    let (mut dropped, mut changed) = (Vec::new(), Vec::new());
    let mut used: Vec<&str> = Vec::new();
    for mapping in attack {
        let own: Vec<&Tactic> = mapping.tactic.as_deref().map(named).unwrap_or_default();
        if let Some(written) = mapping.tactic.as_deref().filter(|_| own.is_empty()) {
            dropped.push(written.to_owned());
        }
        let Some(written) = mapping.technique.as_deref() else { continue };
        let id = written.trim().to_ascii_uppercase();
        let Some(found) = release.technique(&id) else {
            dropped.push(written.to_owned());
            continue;
        };
        if found != id {
            changed.push(format!("{id} is {found}"));
        }
        let belongs = |tactic: &&Tactic| {
            matrix.technique(&found).is_some_and(|technique| technique.tactics.contains(&tactic.shortname))
        };
        let mut under: Vec<&Tactic> = own.into_iter().filter(belongs).collect();
        if under.is_empty() {
            under = stated_alone.iter().flat_map(|(_, tactics)| tactics).copied().filter(belongs).collect();
        }
        if under.is_empty() {
            under = matrix.tactics.iter().filter(belongs).collect();
        }
        for tactic in under {
            used.push(tactic.id.as_str());
            put(&mut columns, tactic, Some(&found));
        }
    }
    let mut undecided = Vec::new();
    for (written, tactics) in stated_alone {
        if tactics.iter().any(|tactic| used.contains(&tactic.id.as_str())) {
            continue;
        }
        match tactics.as_slice() {
            [tactic] => put(&mut columns, tactic, None),
            [] => {}
            _ => undecided.push(written),
        }
    }
    let release = release.name();
    if !changed.is_empty() {
        let message = format!("the stack takes {release}, where {}", changed.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_CHANGED, message));
    }
    if !dropped.is_empty() {
        let message = format!("{release} does not know {}", dropped.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_DROPPED, message));
    }
    if !undecided.is_empty() {
        let message = format!(
            "{release} has split {} into Stealth and Defense Impairment, and no technique says which is meant",
            undecided.join(", ")
        );
        losses.push(Loss::output(codes::write::ATTACK_DROPPED, message));
    }
    columns.iter().map(|column| to_json(column, matrix)).collect()
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
            AttackRelease::V18,
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
        let list = threat(
            &[mapping(Some("TA0112"), Some("T1685.005")), mapping(Some("TA0001"), Some("T99999"))],
            AttackRelease::V18,
            &mut losses,
        );
        assert_eq!(list.len(), 1);
        assert_eq!(list[0]["tactic"]["id"], "TA0005");
        assert_eq!(list[0]["technique"][0]["subtechnique"][0]["id"], "T1070.001");
        assert_eq!(losses.len(), 2, "{losses:?}");
    }

    #[test]
    fn a_newer_stack_takes_the_halves_of_defense_evasion_by_technique() {
        let mut losses = Vec::new();
        let list = threat(
            &[mapping(Some("Defense Evasion"), Some("T1562.001")), mapping(Some("TA0005"), Some("T1014"))],
            AttackRelease::V19,
            &mut losses,
        );
        let names: Vec<_> = list
            .iter()
            .map(|threat| (threat["tactic"]["name"].as_str().unwrap(), threat["technique"][0]["id"].as_str().unwrap()))
            .collect();
        assert_eq!(names, [("Defense Impairment", "T1685"), ("Stealth", "T1014")]);
        assert_eq!(losses.len(), 1, "{losses:?}");
        assert_eq!(losses[0].code, codes::write::ATTACK_CHANGED);
    }

    #[test]
    fn defense_evasion_alone_cannot_be_decided_in_a_newer_stack() {
        let mut losses = Vec::new();
        let list = threat(&[mapping(Some("DefenseEvasion"), None)], AttackRelease::V19, &mut losses);
        assert!(list.is_empty(), "{list:?}");
        assert!(losses[0].message.contains("split DefenseEvasion"), "{losses:?}");
        // Sentinel lists tactics apart from techniques: the technique decides for the tactic.
        losses.clear();
        let apart = [mapping(Some("DefenseEvasion"), None), mapping(None, Some("T1014"))];
        let list = threat(&apart, AttackRelease::V19, &mut losses);
        assert_eq!(list[0]["tactic"]["name"], "Stealth");
        assert!(losses.is_empty(), "{losses:?}");
    }
}
