//! A plot of each kind of figure: the rounds as dots, their median as a bar, the target as a line.

use std::fmt::Write;

use crate::figure::{Figure, Target, Unit};

const LEFT: f64 = 20.0;
const WIDTH: f64 = 760.0;
const ROW: f64 = 44.0;

/// The plots of figures, by their names.
pub(super) fn of(figures: &[Figure]) -> Vec<(String, String)> {
    let ratios: Vec<_> =
        figures.iter().filter(|figure| figure.unit == Unit::Ratio && figure.rounds.len() > 1).collect();
    ratios.into_iter().map(|figure| (name(&figure.what), plot(figure))).collect()
}

/// Of letters that a file's name may have.
fn name(what: &str) -> String {
    let words: Vec<_> = what.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

fn plot(figure: &Figure) -> String {
    let line = match figure.target {
        Some(Target::AtLeast(value) | Target::AtMost(value)) => value,
        None => 1.0,
    };
    let most = figure.rounds.iter().copied().fold(line, f64::max) * 1.1;
    let x = |value: f64| LEFT + value / most * WIDTH;
    let (height, total) = (2.0 * ROW, 2.0 * LEFT + WIDTH);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"{total}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"20\">{}: {}</text>\n",
        figure.what,
        figure.found(),
    );
    let bar = x(figure.median()) - LEFT;
    let _ = writeln!(svg, "<rect x=\"{LEFT}\" y=\"30\" width=\"{bar:.1}\" height=\"24\" fill=\"#9ec5e8\"/>");
    for round in &figure.rounds {
        let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"42\" r=\"4\" fill=\"#1b4f80\"/>", x(*round));
    }
    let at = x(line);
    let _ = writeln!(
        svg,
        "<line x1=\"{at:.1}\" y1=\"26\" x2=\"{at:.1}\" y2=\"60\" stroke=\"#b03030\" stroke-width=\"2\"/>\n\
         <text x=\"{at:.1}\" y=\"76\" text-anchor=\"middle\">target {line}</text>\n</svg>"
    );
    svg
}
