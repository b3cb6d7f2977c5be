// SPDX-License-Identifier: Apache-2.0
//! The parameters of one instance: JSON in, nodes by JSON pointer out, with the defaults of the plugin's schema.

use super::json::Json;
use crate::abi::*;
use crate::text::to_abi;

pub(super) struct Parameters {
    root: Json,
}

impl Parameters {
    /// Panics where a text is no JSON object: a mistake of the test, not of the plugin.
    pub(super) fn new(text: &str, schema: &str) -> Parameters {
        let parse = |what: &str, text: &str| match Json::parse(text) {
            Ok(root @ Json::Object(_)) => root,
            Ok(_) => panic!("{} must be a JSON object", what),
            Err(error) => panic!("{}: {}", what, error),
        };
        let mut root = parse("parameters", if text.is_empty() { "{}" } else { text });
        add_defaults(&parse("the schema of the parameters", schema), &mut root);
        Parameters { root }
    }
    pub(super) fn text(&self) -> String {
        self.root.to_text()
    }
    pub(super) fn find(&self, pointer: &str) -> Option<&Json> {
        let mut keys = pointer.split('/');
        // A pointer begins with "/" or is empty, so the first part is.
        keys.next().filter(|first| first.is_empty())?;
        keys.try_fold(&self.root, |node, key| node.child(&key.replace("~1", "/").replace("~0", "~")))
    }
}

/// As the real host does before create().
fn add_defaults(schema: &Json, value: &mut Json) {
    if let (Some(Json::Object(properties)), Json::Object(members)) = (schema.member("properties"), &mut *value) {
        for (key, property) in properties {
            if !members.iter().any(|(name, _)| name == key) {
                members.extend(property.member("default").map(|default| (key.clone(), default.clone())));
            }
            if let Some((_, member)) = members.iter_mut().find(|(name, _)| name == key) {
                add_defaults(property, member);
            }
        }
    }
    if let (Some(schema), Json::List(items)) = (schema.member("items"), value) {
        items.iter_mut().for_each(|item| add_defaults(schema, item));
    }
}

/// What the service parameter() says of a node.
pub(super) fn describe(node: Option<&Json>, out: &mut shunt_parameter) {
    let (kind, number, text, length) = match node {
        None => (SHUNT_PARAMETER_ABSENT, 0.0, None, 0),
        Some(Json::Null) => (SHUNT_PARAMETER_NULL, 0.0, None, 0),
        Some(Json::Flag(flag)) => (SHUNT_PARAMETER_FLAG, f64::from(u8::from(*flag)), None, 0),
        Some(Json::Number(number)) => (SHUNT_PARAMETER_NUMBER, *number, None, 0),
        Some(Json::Text(text)) => (SHUNT_PARAMETER_TEXT, 0.0, Some(text), 0),
        Some(Json::List(items)) => (SHUNT_PARAMETER_LIST, 0.0, None, items.len()),
        Some(Json::Object(members)) => (SHUNT_PARAMETER_OBJECT, 0.0, None, members.len()),
    };
    out.r#type = kind;
    out.number = number;
    out.text = text.map_or(crate::Text::ABSENT.raw(), |text| to_abi(text));
    out.length = length as u64;
}
