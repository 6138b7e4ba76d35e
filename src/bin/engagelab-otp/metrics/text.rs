//! The text form of Prometheus, version 0.0.4.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use ::metrics::Unit;

use super::recorder::{BOUNDS, Family, Labels, Registry, Series};

/// All metrics that have a value, in the order of their names.
pub(super) fn render(registry: &Registry) -> String {
    let mut text = String::new();
    for (name, family) in registry.families().iter() {
        // Writing to a string cannot fail.
        let _ = write_family(&mut text, name, family);
    }
    text
}

fn write_family(text: &mut String, name: &str, family: &Family) -> std::fmt::Result {
    let Some(series) = family.series.values().next() else { return Ok(()) };
    let mut name = plain(name);
    if family.unit == Some(Unit::Seconds) {
        name += "_seconds";
    }
    let kind = match series {
        Series::Counter(_) => "counter",
        Series::Gauge(_) => "gauge",
        Series::Histogram(_) => "histogram",
    };
    if kind == "counter" {
        name += "_total";
    }
    writeln!(
        text,
        "# HELP {name} {}\n# TYPE {name} {kind}",
        family.help.replace('\\', "\\\\").replace('\n', "\\n")
    )?;
    for (labels, series) in &family.series {
        match series {
            Series::Counter(counter) => {
                writeln!(text, "{name}{} {}", written(labels, None), counter.load(Ordering::Relaxed))?;
            }
            Series::Gauge(gauge) => {
                let value = f64::from_bits(gauge.load(Ordering::Relaxed));
                writeln!(text, "{name}{} {value}", written(labels, None))?;
            }
            Series::Histogram(buckets) => {
                let mut count = 0;
                let bounds = BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
                for (bound, of_bucket) in bounds.zip(&buckets.counts) {
                    count += of_bucket.load(Ordering::Relaxed);
                    writeln!(text, "{name}_bucket{} {count}", written(labels, Some(&bound)))?;
                }
                writeln!(text, "{name}_sum{} {}", written(labels, None), buckets.sum())?;
                writeln!(text, "{name}_count{} {count}", written(labels, None))?;
            }
        }
    }
    Ok(())
}

/// Labels in braces; `le` is a bucket's bound.
fn written(labels: &Labels, le: Option<&str>) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let mut parts: Vec<_> =
        labels.iter().map(|(name, value)| format!("{}=\"{}\"", plain(name), escaped(value))).collect();
    parts.extend(le.map(|bound| format!("le=\"{bound}\"")));
    if parts.is_empty() { String::new() } else { format!("{{{}}}", parts.join(",")) }
}

/// A name as Prometheus takes it, which has no dots.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
