//! Entity mappings: only on columns that the query returns.

use super::limits;
use crate::diagnostic::codes;
use crate::model::{Detection, Entity, EntityField, Loss, PlatformId};
use crate::platform::Columns;
use serde_json::{Value as Json, json};

/// Entity types that Sentinel knows, with their identifiers (Microsoft's reference of entity types).
const KNOWN: &[(&str, &[&str])] = &[
    (
        "Account",
        &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
        ],
    ),
    (
        "Host",
        &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
        ],
    ),
    ("IP", &["Address"]),
    ("Malware", &["Name", "Category"]),
    ("File", &["Directory", "Name"]),
    ("Process", &["ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"]),
    ("CloudApplication", &["AppId", "Name", "InstanceName"]),
    ("DNS", &["DomainName"]),
    ("AzureResource", &["ResourceId"]),
    ("FileHash", &["Algorithm", "Value"]),
    ("RegistryKey", &["Hive", "Key"]),
    ("RegistryValue", &["Name", "Value", "ValueType"]),
    ("SecurityGroup", &["DistinguishedName", "SID", "ObjectGuid"]),
    ("URL", &["Url"]),
    ("Mailbox", &["MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"]),
    (
        "MailCluster",
        &[
            "NetworkMessageIds",
            "CountByDeliveryStatus",
            "CountByThreatType",
            "CountByProtectionStatus",
            "Threats",
            "Query",
            "QueryTime",
            "MailCount",
            "IsVolumeAnomaly",
            "Source",
            "ClusterSourceIdentifier",
            "ClusterSourceType",
            "ClusterQueryStartTime",
            "ClusterQueryEndTime",
            "ClusterGroup",
        ],
    ),
    (
        "MailMessage",
        &[
            "Recipient",
            "Urls",
            "Threats",
            "Sender",
            "P1Sender",
            "P1SenderDisplayName",
            "P1SenderDomain",
            "SenderIP",
            "P2Sender",
            "P2SenderDisplayName",
            "P2SenderDomain",
            "ReceivedDate",
            "NetworkMessageId",
            "InternetMessageId",
            "Subject",
            "BodyFingerprintBin1",
            "BodyFingerprintBin2",
            "BodyFingerprintBin3",
            "BodyFingerprintBin4",
            "BodyFingerprintBin5",
            "AntispamDirection",
            "DeliveryAction",
            "DeliveryLocation",
            "Language",
            "ThreatDetectionMethods",
        ],
    ),
    (
        "SubmissionMail",
        &[
            "NetworkMessageId",
            "Timestamp",
            "Recipient",
            "Sender",
            "SenderIp",
            "Subject",
            "ReportType",
            "SubmissionId",
            "SubmissionDate",
            "Submitter",
        ],
    ),
];

/// Columns whose meaning is the same in every table that has them.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("UserPrincipalName", "Account", "FullName"),
    ("AccountUpn", "Account", "FullName"),
    ("InitiatingProcessAccountUpn", "Account", "FullName"),
    ("Account", "Account", "FullName"),
    ("UserIdentityUserName", "Account", "FullName"),
    ("ActorUsername", "Account", "FullName"),
    ("UserId", "Account", "FullName"),
    ("Caller", "Account", "FullName"),
    ("Computer", "Host", "FullName"),
    ("DeviceName", "Host", "FullName"),
    ("DvcHostname", "Host", "HostName"),
    ("IPAddress", "IP", "Address"),
    ("IpAddress", "IP", "Address"),
    ("CallerIpAddress", "IP", "Address"),
    ("ClientIP", "IP", "Address"),
    ("SourceIpAddress", "IP", "Address"),
    ("SourceIP", "IP", "Address"),
    ("SrcIpAddr", "IP", "Address"),
    ("RemoteIP", "IP", "Address"),
    ("RequestURL", "URL", "Url"),
    ("RemoteUrl", "URL", "Url"),
];

/// The mappings of a rule as Sentinel takes them. Identifiers on missing columns go, with a loss each.
///
/// A rule from another platform has no mappings; where the columns are known, those that mean an entity in every table
/// are mapped, the first one of each type.
pub(super) fn mappings(
    detection: &Detection,
    source: Option<PlatformId>,
    columns: &Columns,
    losses: &mut Vec<Loss>,
) -> Vec<Json> {
    let mut entities = checked(&detection.entities, source, columns, losses);
    if entities.is_empty()
        && detection.entities.is_empty()
        && let Columns::Known(names) = columns
    {
        for (column, kind, identifier) in COLUMNS {
            let taken = entities.iter().any(|entity| entity.kind == *kind);
            if !taken && names.iter().any(|name| name == column) {
                let field = EntityField { identifier: (*identifier).to_owned(), column: (*column).to_owned() };
                entities.push(Entity { kind: (*kind).to_owned(), fields: vec![field], span: None });
            }
        }
    }
    if entities.len() > limits::ENTITIES {
        let message = format!("the rule maps {} entities; {} are written", entities.len(), limits::ENTITIES);
        losses.push(Loss::output(codes::write::ENTITY_DROPPED, message));
        entities.truncate(limits::ENTITIES);
    }
    entities.iter().map(to_json).collect()
}

fn checked(entities: &[Entity], source: Option<PlatformId>, columns: &Columns, losses: &mut Vec<Loss>) -> Vec<Entity> {
    let returned = |name: &str| match columns {
        Columns::Known(names) => names.iter().any(|known| known == name),
        Columns::Unknown => source == Some(PlatformId::Sentinel),
    };
    let mut kept = Vec::new();
    for entity in entities {
        let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(&entity.kind));
        let Some((kind, identifiers)) = known else {
            let message = format!("Sentinel knows no entity {}", entity.kind);
            losses.push(Loss::output(codes::write::ENTITY_DROPPED, message));
            continue;
        };
        let mut fields: Vec<EntityField> = Vec::new();
        for field in &entity.fields {
            let reason = if !returned(&field.column) {
                Some(format!("the query returns no column {}", field.column))
            } else if !identifiers.contains(&field.identifier.as_str()) {
                Some(format!("the entity has no identifier {}", field.identifier))
            } else if fields.iter().any(|own| own.identifier == field.identifier) {
                Some(format!("the identifier {} is mapped twice", field.identifier))
            } else if fields.len() == limits::IDENTIFIERS {
                Some(format!("an entity takes {} identifiers", limits::IDENTIFIERS))
            } else {
                None
            };
            match reason {
                Some(reason) => {
                    let message = format!("entity {kind} loses {}: {reason}", field.identifier);
                    losses.push(Loss::output(codes::write::ENTITY_DROPPED, message));
                }
                None => fields.push(field.clone()),
            }
        }
        if !fields.is_empty() {
            kept.push(Entity { kind: (*kind).to_owned(), fields, span: entity.span });
        }
    }
    kept
}

/// A mapping in the shape of the rule file.
pub(super) fn to_json(entity: &Entity) -> Json {
    let fields: Vec<Json> = entity
        .fields
        .iter()
        .map(|field| json!({ "identifier": field.identifier, "columnName": field.column }))
        .collect();
    json!({ "entityType": entity.kind, "fieldMappings": fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Logic, Predicate};

    fn detection(fields: &[(&str, &str)]) -> Detection {
        let mut detection = Detection::new(Logic::filter(Predicate::Always(true), Default::default()));
        let fields = fields.iter().map(|(identifier, column)| EntityField {
            identifier: (*identifier).to_owned(),
            column: (*column).to_owned(),
        });
        detection.entities = vec![Entity { kind: "Account".to_owned(), fields: fields.collect(), span: None }];
        detection
    }

    #[test]
    fn a_mapping_on_a_missing_column_goes_with_a_loss() {
        let mut losses = Vec::new();
        let columns = Columns::Known(vec!["Upn".to_owned()]);
        let list = mappings(
            &detection(&[("FullName", "Upn"), ("AadUserId", "Gone"), ("Nope", "Upn")]),
            None,
            &columns,
            &mut losses,
        );
        assert_eq!(
            list,
            vec![json!({"entityType": "Account", "fieldMappings": [{"identifier": "FullName", "columnName": "Upn"}]})]
        );
        assert_eq!(losses.len(), 2);
    }

    #[test]
    fn columns_that_always_mean_an_entity_are_mapped() {
        let mut detection = detection(&[]);
        detection.entities.clear();
        let columns = Columns::Known(["IPAddress", "UserPrincipalName", "X"].map(str::to_owned).to_vec());
        let list = mappings(&detection, None, &columns, &mut Vec::new());
        assert_eq!(list.len(), 2);
        assert!(mappings(&detection, None, &Columns::Unknown, &mut Vec::new()).is_empty());
    }
}
