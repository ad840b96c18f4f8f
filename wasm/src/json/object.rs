//! Objects of JSON, member by member.

use alloc::string::String;

use crate::{
    report::Part,
    text::{hex_digit, push_hex, push_number},
};

/// An object that is being written, or one in it.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut String,
}

impl<'a> Object<'a> {
    /// Begins an object of this `type`.
    pub fn begin(out: &'a mut String, kind: &str) -> Self {
        out.push('{');
        let mut object = Self { out };
        object.string("type", kind);
        object
    }

    /// Separates what comes from what is there.
    pub(super) fn separate(&mut self) {
        if !matches!(self.out.as_bytes().last(), Some(b'{' | b'[')) {
            self.out.push(',');
        }
    }

    pub(super) fn name(&mut self, name: &str) {
        self.separate();
        push_string(self.out, name);
        self.out.push(':');
    }

    /// Begins an object that is a member.
    pub(super) fn open(&mut self, name: &str) {
        self.name(name);
        self.out.push('{');
    }

    pub(super) fn close(&mut self) {
        self.out.push('}');
    }

    /// Writes a member that is a string.
    pub fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        push_string(self.out, value);
    }

    /// Writes a member that is a string, if it is there.
    pub(super) fn optional(&mut self, name: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    /// Writes a member that is a number.
    pub fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_number(self.out, value);
    }

    /// Writes a member that is true or false.
    pub fn bool(&mut self, name: &str, value: bool) {
        self.name(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    pub(super) fn hex(&mut self, name: &str, bytes: &[u8]) {
        self.name(name);
        self.out.push('"');
        push_hex(self.out, bytes);
        self.out.push('"');
    }

    pub(super) fn nanoseconds(&mut self, name: &str, time_ns: Option<u64>) {
        if let Some(time_ns) = time_ns {
            self.name(name);
            self.out.push('"');
            push_number(self.out, time_ns);
            self.out.push('"');
        }
    }

    /// Begins a list that is a member.
    pub(super) fn open_list(&mut self, name: &str) {
        self.name(name);
        self.out.push('[');
    }

    /// Writes an element of a list.
    pub(super) fn element(&mut self, text: &str) {
        self.separate();
        push_string(self.out, text);
    }

    /// Begins an element of a list that is an object.
    pub(super) fn open_element(&mut self) {
        self.separate();
        self.out.push('{');
    }

    pub(super) fn close_list(&mut self) {
        self.out.push(']');
    }

    /// Writes bytes as `text` if they are, else as `hex`; as `parts` where some are unknown.
    pub(super) fn parts(&mut self, parts: &[Part], is_text: bool) {
        match parts {
            [] => self.bytes(&[], is_text),
            [Part::Known(bytes)] => self.bytes(bytes, is_text),
            _ => {
                self.open_list("parts");
                for part in parts {
                    self.open_element();
                    match part {
                        Part::Unknown(len) => self.number("unknown", *len),
                        Part::Known(bytes) => self.bytes(bytes, is_text),
                    }
                    self.close();
                }
                self.close_list();
            }
        }
    }

    /// Writes bytes as `text` if they are to be and can be, else as `hex`.
    pub fn bytes(&mut self, bytes: &[u8], is_text: bool) {
        match core::str::from_utf8(bytes) {
            Ok(text) if is_text => self.string("text", text),
            _ => self.hex("hex", bytes),
        }
    }

    /// Ends the object, and the line.
    pub fn end(self) {
        self.out.push_str("}\n");
    }
}

/// Appends a string of JSON.
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line separators of JavaScript among them.
            '\0'..='\x1f' | '\x7f' | '\u{2028}' | '\u{2029}' => {
                let code = char as u32;
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(hex_digit((code >> shift) as u8));
                }
            }
            char => out.push(char),
        }
    }
    out.push('"');
}
