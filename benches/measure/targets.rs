//! What the measures must show.
//!
//! In: the cost of a case by its workload and name. Out: one number for each target, held against its bound by the page.

use crate::cost::Cost;

/// Finds the cost of a case.
pub type Find<'a> = &'a dyn Fn(&str, &str) -> Option<Cost>;

/// One number with a bound.
pub struct Target {
    pub says: &'static str,
    /// Whether the bound is the most; the least otherwise.
    pub is_most: bool,
    pub bound: f64,
    pub unit: &'static str,
    pub measure: fn(Find<'_>) -> Option<f64>,
}

/// Segments of `many` for each of `tenth`.
const TIMES: f64 = 10_960_862.0 / 1_097_367.0;

pub const TARGETS: [Target; 10] = [
    most("`table` against `tcpdump -w /dev/null`, time", 0.7, "", |find| {
        ratio(find, ("many", "table"), ("many", "tcpdump copy"))
    }),
    most("connection records against `tcpdump -w /dev/null`, time", 1.0, "", |find| {
        ratio(find, ("many", "connections"), ("many", "tcpdump copy"))
    }),
    least("`tcpdump -nn -S` against `lines`, both to a file, time", 5.0, "", |find| {
        ratio(find, ("tenth", "tcpdump print"), ("tenth", "lines"))
    }),
    least("`tshark -q -z conv,tcp` against `table`, time by segment", 150.0, "", |find| {
        Some(ratio(find, ("tenth", "tshark"), ("many", "table"))? * TIMES)
    }),
    least("`tcptrace -n` against `table`, time by segment", 20.0, "", |find| {
        Some(ratio(find, ("tenth", "tcptrace"), ("many", "table"))? * TIMES)
    }),
    most("`table`, time by segment on ten times as many", 1.3, "", |find| {
        Some(ratio(find, ("many", "table"), ("tenth", "table"))? / TIMES)
    }),
    most("`table` and connection records, memory", 48.0, " MiB", |find| {
        Some(mib(find, "many", "table")?.max(mib(find, "many", "connections")?))
    }),
    most("a million connections open, memory", 450.0, " MiB", |find| mib(find, "open", "summary")),
    most("ten million SYNs from distinct sources, memory", 450.0, " MiB", |find| {
        mib(find, "attack", "table")
    }),
    most("one connection without end, its ladder, memory", 48.0, " MiB", |find| mib(find, "long", "ladder")),
];

const fn most(
    says: &'static str,
    bound: f64,
    unit: &'static str,
    measure: fn(Find<'_>) -> Option<f64>,
) -> Target {
    Target { says, is_most: true, bound, unit, measure }
}

const fn least(
    says: &'static str,
    bound: f64,
    unit: &'static str,
    measure: fn(Find<'_>) -> Option<f64>,
) -> Target {
    Target { says, is_most: false, bound, unit, measure }
}

fn ratio(find: Find<'_>, one: (&str, &str), other: (&str, &str)) -> Option<f64> {
    let (one, other) = (find(one.0, one.1)?, find(other.0, other.1)?);
    Some(one.wall.as_secs_f64() / other.wall.as_secs_f64())
}

fn mib(find: Find<'_>, workload: &str, name: &str) -> Option<f64> {
    let kib = u32::try_from(find(workload, name)?.peak_kib).ok()?;
    Some(f64::from(kib) / 1024.0)
}
