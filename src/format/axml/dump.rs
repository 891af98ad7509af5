//! A document as text, one line per node and attribute: what fixtures are compared by.
//!
//! Must not: be parsed again by anything.

use std::fmt::Write as _;

use super::{Document, NodeKind, Scalar};
use crate::format::limits;

/// Elements with their line, attributes with namespace prefix, resource id and value; indented by depth.
pub fn dump(document: &Document<'_>) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    let text = |index: u32| document.string(index).unwrap_or_default();
    for node in &document.nodes {
        if out.len() > limits::DUMP_BYTES {
            out.push_str("(cut here: longer than any real document)\n");
            break;
        }
        let indent = "  ".repeat(depth);
        let _ = match &node.kind {
            NodeKind::StartNamespace { prefix, uri } => {
                writeln!(out, "{indent}N: {}={:?}", text(*prefix), text(*uri))
            }
            NodeKind::EndNamespace { .. } => Ok(()),
            NodeKind::Start { name, attributes, .. } => {
                let _ = writeln!(out, "{indent}E: {} (line={})", text(*name), node.line);
                for attribute in attributes {
                    let prefix = document.prefix(attribute.namespace).map(|prefix| format!("{prefix}:"));
                    let id = document.resource_id(attribute).map(|id| format!("(0x{id:08x})"));
                    let value = match document.scalar(attribute) {
                        Scalar::Text(text) => format!("{text:?}"),
                        other @ (Scalar::Int(_) | Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. }) => {
                            other.to_string()
                        }
                    };
                    let (prefix, id) = (prefix.unwrap_or_default(), id.unwrap_or_default());
                    let _ = writeln!(out, "{indent}  A: {prefix}{}{id}={value}", text(attribute.name));
                }
                depth += 1;
                Ok(())
            }
            NodeKind::End { .. } => {
                depth = depth.saturating_sub(1);
                Ok(())
            }
            NodeKind::Text { text: index } => writeln!(out, "{indent}T: {:?}", text(*index)),
        };
    }
    out
}
