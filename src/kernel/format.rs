//! How the kernel lays out an event in its buffer: the file `format` that each event has.
//!
//! In: the text of that file. Out: where a field lies, and the names of its values.
//! Invariant: nothing is taken for granted of an event but what its own kernel says of it: fields come and go between
//! versions.
//! Read: the kernel's Documentation/trace/events.rst (Event formats).

/// The layout of an event, or of the head of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// Its number, which every record of it bears; 0 for none.
    pub id: u16,
    fields: Vec<Field>,
    names: Vec<(String, Vec<(u32, String)>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: String,
    offset: usize,
    size: usize,
}

impl Format {
    /// Reads it; whatever cannot be read is left out.
    pub fn parse(text: &str) -> Self {
        let mut format = Self::default();
        for line in text.lines() {
            if let Some(id) = line.strip_prefix("ID:") {
                format.id = id.trim().parse().unwrap_or_default();
            } else if let Some(field) = line.trim_start().strip_prefix("field:").and_then(field) {
                format.fields.push(field);
            } else if let Some(print) = line.strip_prefix("print fmt:") {
                format.names = symbols(print);
            }
        }
        format
    }

    /// Whether it has this field.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Where the field begins, and its size.
    pub fn place(&self, name: &str) -> Option<(usize, usize)> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some((field.offset, field.size))
    }

    /// The octets of a field in a record.
    pub fn octets<'r>(&self, record: &'r [u8], name: &str) -> Option<&'r [u8]> {
        let (offset, size) = self.place(name)?;
        record.get(offset..offset.checked_add(size)?)
    }

    /// The value of a field of up to eight octets.
    pub fn number(&self, record: &[u8], name: &str) -> Option<u64> {
        number(self.octets(record, name)?)
    }

    /// The kernel's name for a value of a field.
    pub fn name_of(&self, field: &str, value: u64) -> Option<&str> {
        let (_, names) = self.names.iter().find(|(name, _)| name == field)?;
        names.iter().find(|(number, _)| u64::from(*number) == value).map(|(_, name)| name.as_str())
    }
}

/// A number in the order of this machine.
pub fn number(octets: &[u8]) -> Option<u64> {
    Some(match octets.len() {
        1 => u64::from(*octets.first()?),
        2 => u64::from(u16::from_ne_bytes(octets.try_into().ok()?)),
        4 => u64::from(u32::from_ne_bytes(octets.try_into().ok()?)),
        8 => u64::from_ne_bytes(octets.try_into().ok()?),
        _ => return None,
    })
}

/// `__u8 saddr[4]; offset:32; size:4; signed:0;`
fn field(text: &str) -> Option<Field> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.split_ascii_whitespace().last()?;
    let name = name.split('[').next().unwrap_or(name).to_owned();
    let mut field = Field { name, offset: usize::MAX, size: 0 };
    for part in parts {
        match part.split_once(':') {
            Some(("offset", number)) => field.offset = number.parse().ok()?,
            Some(("size", number)) => field.size = number.parse().ok()?,
            _ => {}
        }
    }
    (field.offset != usize::MAX).then_some(field)
}

/// Every `__print_symbolic(REC->field, { 1, "NAME" }, ...)`, where the values are numbers.
fn symbols(print: &str) -> Vec<(String, Vec<(u32, String)>)> {
    let one = |text: &str| {
        let (field, rest) = text.split_once(',')?;
        let field = field.trim().strip_prefix("REC->")?.to_owned();
        // It ends at the bracket that none of its own names opened.
        let rest = rest.split(')').next()?;
        let pair = |text: &str| {
            let (value, name) = text.split('}').next()?.split_once(',')?;
            Some((value.trim().parse().ok()?, name.trim().trim_matches('"').to_owned()))
        };
        Some((field, rest.split('{').filter_map(pair).collect()))
    };
    print.split("__print_symbolic(").skip(1).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux 6.18 has it, cut.
    const SEND_RESET: &str = "name: tcp_send_reset\nID: 2280\nformat:\n\
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
        \tfield:const void * skaddr;\toffset:16;\tsize:8;\tsigned:0;\n\
        \tfield:enum sk_rst_reason reason;\toffset:28;\tsize:4;\tsigned:0;\n\
        \tfield:__u8 saddr[28];\toffset:32;\tsize:28;\tsigned:0;\n\n\
        print fmt: \"state=%s reason=%s\", REC->state ? __print_symbolic(REC->state, { TCP_LISTEN, \"TCP_LISTEN\" }) : \
        \"UNKNOWN\", __print_symbolic(REC->reason, { 0, \"NOT_SPECIFIED\" }, { 11, \"TCP_ABORT_ON_CLOSE\" })\n";

    #[test]
    fn the_kernels_own_description_is_read() {
        let format = Format::parse(SEND_RESET);
        assert_eq!(format.id, 2280);
        assert_eq!(format.place("skaddr"), Some((16, 8)));
        assert_eq!(format.place("saddr"), Some((32, 28)));
        assert!(!format.has("sport"));
        assert_eq!(format.name_of("reason", 11), Some("TCP_ABORT_ON_CLOSE"));
        assert_eq!(format.name_of("reason", 12), None);
        // What is no number cannot be matched by one.
        assert_eq!(format.name_of("state", 10), None);
    }

    #[test]
    fn values_are_taken_from_where_they_lie() {
        let format = Format::parse(SEND_RESET);
        let mut record = vec![0; 60];
        record[28..32].copy_from_slice(&11_u32.to_ne_bytes());
        assert_eq!(format.number(&record, "reason"), Some(11));
        assert_eq!(format.number(&record[..30], "reason"), None);
        assert_eq!(format.number(&record, "saddr"), None, "28 octets are no number");
    }

    #[test]
    fn nonsense_is_left_out() {
        assert_eq!(Format::parse("field:;\n\tfield:int x;\toffset:y;\nID: many\n"), Format::default());
    }
}
