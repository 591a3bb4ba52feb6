//! The project's own queries: they are read whole, come back from the model, and select what their tests say.

use crate::shared::{Ecs, dialect, read, write};
use crate::sweep::same;
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::Value;
use std::path::Path;

#[test]
fn own_queries() {
    for name in ["kuery", "lucene"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != name) {
                continue;
            }
            seen += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let found = read(name, &text, &Ecs).unwrap();
            assert!(found.unread.is_empty(), "{}: {:?}", path.display(), found.unread);
            let condition = found.logic.as_filter().unwrap();
            let (written, planned) = write(name, &found.logic, &Ecs).unwrap();
            assert!(planned.losses.is_empty());
            assert!(same(&condition, &read(name, &written, &Ecs).unwrap().logic.as_filter().unwrap()), "{written}");
            dialect(name).format(&text).unwrap();
            let Ok(tests) = std::fs::read_to_string(path.with_extension("tests.yml")) else { continue };
            let tests: Vec<serde_json::Value> = serde_yaml::from_str(&tests).unwrap();
            let context = Context::new(Access::Elastic, &Ecs, crate::judge::NOW);
            for test in tests {
                let event = ruleglot::evaluate::matches_value(&condition, &Value::from(&test["event"]), &context);
                assert_eq!(event.ok(), test["expected"].as_bool(), "{}: {}", path.display(), test["name"]);
                assert!(matches(&condition, &test["event"], &context).is_ok());
            }
        }
        assert!(seen >= 3, "{name}");
    }
}
