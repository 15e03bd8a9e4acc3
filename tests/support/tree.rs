//! What the reader of JSON made of a text, as the values that tests write with `json!`.

use keyward::protocol::json::Value;

pub(crate) fn tree(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => value.as_u64().map_or_else(|| (*number).into(), Into::into),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(tree).collect(),
        Value::Object(map) => trees(map.iter()),
    }
}

/// The object of these members.
pub(crate) fn trees<'a>(members: impl Iterator<Item = (&'a str, &'a Value)>) -> serde_json::Value {
    members
        .map(|(name, value)| (String::from(name), tree(value)))
        .collect()
}
