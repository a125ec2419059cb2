//! What a scenario found: for each of its ratios, the rounds as dots, their median as a bar and the target as a line.

use std::fmt::Write;

use crate::figure::{Figure, Target, Unit};

const LEFT: f64 = 20.0;
const WIDTH: f64 = 760.0;
const ROW: f64 = 84.0;

/// The plot of these figures, if there is a ratio among them.
pub(super) fn of(figures: &[Figure]) -> Option<String> {
    let ratios: Vec<_> = figures.iter().filter(|figure| figure.unit == Unit::Ratio).collect();
    let most = ratios.iter().flat_map(|figure| &figure.rounds).copied().chain([1.0]).fold(f64::NAN, f64::max);
    let (width, height) = (WIDTH + 2.0 * LEFT, ROW * f64::from(u32::try_from(ratios.len()).ok()?));
    let rows: String =
        ratios.iter().zip(0_u32..).map(|(figure, row)| row_of(figure, row, WIDTH / most / 1.1)).collect();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n{rows}</svg>\n"
    );
    (!ratios.is_empty()).then_some(svg)
}

/// Where one stands for so many units.
fn row_of(figure: &Figure, row: u32, unit: f64) -> String {
    let (bar, at) = (figure.median() * unit, f64::from(row) * ROW);
    let mut svg = format!(
        "<g transform=\"translate({LEFT} {at})\">\n<text y=\"20\">{}: {}</text>\n\
         <rect y=\"30\" width=\"{bar:.1}\" height=\"24\" fill=\"#9ec5e8\"/>\n",
        figure.what,
        figure.found(),
    );
    for round in &figure.rounds {
        let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"42\" r=\"4\" fill=\"#1b4f80\"/>", round * unit);
    }
    if let Some(Target::AtLeast(target) | Target::AtMost(target)) = figure.target {
        let x = target * unit;
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} 26V60\" stroke=\"#b03030\" stroke-width=\"2\"/>\n\
             <text x=\"{x:.1}\" y=\"74\" text-anchor=\"middle\">target {target}</text>"
        );
    }
    svg += "</g>\n";
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_ratio_is_where_its_bar_would_end_if_it_were_just_met() {
        let figure = Figure::single("x", Unit::Ratio, Target::AtLeast(0.5), 0.5, String::new());
        let plot = of(&[figure]).unwrap();
        assert!(plot.contains("<rect y=\"30\" width=\"345.5\"") && plot.contains("M345.5 26"), "{plot}");
        assert_eq!(of(&[Figure::single("y", Unit::Millis, Target::AtMost(1.0), 1.0, String::new())]), None);
    }
}
