//! A chart of lines as an SVG file, which is light or dark as the reader's screen is.

use std::fmt::Write;

use crate::Result;

/// A line: its name, and its points.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// An axis: what it says, how it is divided, and where it has a mark.
pub(super) struct Axis {
    pub(super) label: &'static str,
    pub(super) scale: Scale,
    pub(super) marks: Vec<(f64, String)>,
}

/// A chart.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 320.0;
/// Where the lines are: left, top, right, bottom.
const FRAME: [f64; 4] = [64.0, 40.0, 400.0, 272.0];

/// Apart for eyes that see no red or no green, on light and on dark.
const STYLE: &str = "\
text{font:12px sans-serif;fill:#1f2328}
.title{font-weight:bold;font-size:14px}
.grid{stroke:#d1d9e0;stroke-width:1}
.line{fill:none;stroke-width:2}
.s0{stroke:#0969da;fill:#0969da}.s1{stroke:#bc4c00;fill:#bc4c00}.s2{stroke:#1a7f37;fill:#1a7f37}
.s3{stroke:#8250df;fill:#8250df}.s4{stroke:#6e7781;fill:#6e7781}.s5{stroke:#bf3989;fill:#bf3989}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}
.grid{stroke:#3d444d}
.s0{stroke:#4493f8;fill:#4493f8}.s1{stroke:#f0883e;fill:#f0883e}.s2{stroke:#3fb950;fill:#3fb950}
.s3{stroke:#ab7df8;fill:#ab7df8}.s4{stroke:#9198a1;fill:#9198a1}.s5{stroke:#f778ba;fill:#f778ba}
}
.line{fill:none}
";

impl Axis {
    /// An axis with marks at these values, each with its own text.
    pub(super) fn new(label: &'static str, scale: Scale, marks: &[(f64, &str)]) -> Self {
        let marks = marks.iter().map(|(value, text)| (*value, (*text).to_owned())).collect();
        Self { label, scale, marks }
    }

    /// An axis from 0 to past `most`, with a few round marks.
    pub(super) fn linear(label: &'static str, most: f64) -> Self {
        let power = 10_f64.powf(most.max(1e-9).log10().floor());
        let round = |step: &f64| most / (step * power) <= 5.0;
        let step = [0.2, 0.5, 1.0, 2.0].into_iter().find(round).unwrap_or(2.0) * power;
        let count = (most / step).ceil() as u32;
        let marks = (0..=count).map(|at| step * f64::from(at));
        let marks = marks.map(|value| (value, short(value))).collect();
        Self { label, scale: Scale::Linear, marks }
    }

    /// An axis of powers of ten around what lies between `least` and `most`.
    pub(super) fn powers(label: &'static str, least: f64, most: f64) -> Self {
        let (from, to) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        let marks = (from..=to).map(|power| 10_f64.powi(power));
        let marks = marks.map(|value| (value, short(value))).collect();
        Self { label, scale: Scale::Logarithmic, marks }
    }

    /// Where a value is, from 0 at the first mark to 1 at the last.
    fn place(&self, value: f64) -> f64 {
        let on = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        };
        let first = self.marks.first().map_or(0.0, |mark| on(mark.0));
        let last = self.marks.last().map_or(1.0, |mark| on(mark.0));
        (on(value) - first) / (last - first)
    }
}

/// A number in few characters.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", value / 1e6),
        1e3.. => format!("{}k", value / 1e3),
        _ => format!("{}", (value * 1e3).round() / 1e3),
    }
}

impl Chart {
    /// The file.
    pub(super) fn svg(&self) -> Result<String> {
        let [left, top, right, bottom] = FRAME;
        let at_x = |value: f64| left + self.x.place(value) * (right - left);
        let at_y = |value: f64| bottom - self.y.place(value) * (bottom - top);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">\n\
             <style>\n{STYLE}</style>\n",
            self.title
        );
        writeln!(svg, "<text class=\"title\" x=\"{left}\" y=\"22\">{}</text>", self.title)?;
        for (value, text) in &self.x.marks {
            let x = at_x(*value);
            writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>")?;
            let y = bottom + 16.0;
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>")?;
        }
        for (value, text) in &self.y.marks {
            let y = at_y(*value);
            writeln!(svg, "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>")?;
            let (x, y) = (left - 6.0, y + 4.0);
            writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>")?;
        }
        let (x, y) = (f64::midpoint(left, right), bottom + 36.0);
        writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", self.x.label)?;
        let (x, y) = (14.0, f64::midpoint(top, bottom));
        writeln!(
            svg,
            "<text transform=\"translate({x} {y})rotate(-90)\" text-anchor=\"middle\">{}</text>",
            self.y.label
        )?;
        for (number, Series { points, .. }) in self.series.iter().enumerate() {
            let mut path = String::new();
            for (at, (x, y)) in points.iter().enumerate() {
                let command = if at == 0 { 'M' } else { 'L' };
                write!(path, "{command}{:.1} {:.1}", at_x(*x), at_y(*y))?;
            }
            writeln!(svg, "<path class=\"s{number} line\" d=\"{path}\"/>")?;
            for (x, y) in points {
                let (x, y) = (at_x(*x), at_y(*y));
                writeln!(svg, "<circle class=\"s{number}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>")?;
            }
        }
        self.legend(&mut svg)?;
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    /// Names at the height of where their lines end, pushed apart.
    fn legend(&self, svg: &mut String) -> Result<()> {
        let [_, top, right, bottom] = FRAME;
        let end = |series: &Series| {
            let last = series.points.last().map_or(0.0, |point| point.1);
            bottom - self.y.place(last) * (bottom - top)
        };
        let mut names: Vec<_> =
            self.series.iter().enumerate().map(|(at, series)| (end(series), at, series)).collect();
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free_from = top;
        for (y, number, series) in names {
            let y = y.max(free_from);
            free_from = y + 16.0;
            let (dot, text) = (right + 16.0, right + 24.0);
            writeln!(svg, "<circle class=\"s{number}\" cx=\"{dot}\" cy=\"{y:.1}\" r=\"4\"/>")?;
            writeln!(svg, "<text x=\"{text}\" y=\"{:.1}\">{}</text>", y + 4.0, series.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Chart, Scale, Series};

    #[test]
    fn marks_and_points_are_where_the_scale_has_them() {
        let axis = Axis::new("a", Scale::Logarithmic, &[(1.0, "1"), (100.0, "100")]);
        assert!((axis.place(10.0) - 0.5).abs() < 1e-9);
        let axis = Axis::new("a", Scale::Linear, &[(0.0, "0"), (10.0, "10")]);
        assert!((axis.place(4.0) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn a_chart_names_its_lines_and_is_dark_where_the_screen_is() {
        let axis = || Axis::new("axis", Scale::Linear, &[(0.0, "0"), (1.0, "1")]);
        let series = vec![Series { name: "ours".to_owned(), points: vec![(0.0, 0.0), (1.0, 1.0)] }];
        let svg = Chart { title: "title", x: axis(), y: axis(), series }.svg().unwrap();
        assert!(svg.contains(">ours<") && svg.contains("prefers-color-scheme:dark"));
        assert!(svg.contains("M64.0 272.0L400.0 40.0"));
    }
}
