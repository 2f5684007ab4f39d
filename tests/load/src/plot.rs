//! Plots as SVG.

use std::path::Path;

use conformance::failure::{Failure, Outcome};
use plotters::prelude::*;

const SIZE: (u32, u32) = (800, 480);
const COLOURS: [RGBColor; 4] =
    [RGBColor(15, 110, 86), RGBColor(120, 190, 165), RGBColor(180, 80, 30), RGBColor(230, 165, 110)];

/// A line of a plot.
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Where it goes.
    pub points: Vec<(f64, f64)>,
}

/// What stands beside the axes of a plot.
pub struct Labels {
    /// Above it.
    pub title: &'static str,
    /// Below it.
    pub x: &'static str,
    /// At its side.
    pub y: &'static str,
}

/// Draws lines with both axes logarithmic; the upright one in whole powers of ten, so that what hardly grows looks like it.
///
/// # Errors
/// The file cannot be written.
pub fn draw(file: &Path, labels: &Labels, series: &[Series]) -> Outcome {
    let fault = |fault: String| Failure::new(format!("{}: {fault}", file.display()));
    draw_on(file, labels, series).map_err(|error| fault(error.to_string()))
}

fn draw_on(file: &Path, labels: &Labels, series: &[Series]) -> Result<(), Box<dyn std::error::Error>> {
    let points = || series.iter().flat_map(|series| series.points.iter());
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)))
    };
    let (left, right) = range(&mut points().map(|point| point.0));
    let (bottom, top) = range(&mut points().map(|point| point.1));
    let (bottom, top) = (10_f64.powf(bottom.log10().floor()), 10_f64.powf(top.log10().ceil()));
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(labels.title, ("sans-serif", 20))
        .margin(12)
        .margin_right(36)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d((left..right).log_scale(), (bottom..top).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(labels.x)
        .y_desc(labels.y)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for (series, colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let style = ShapeStyle::from(*colour).stroke_width(2);
        chart
            .draw_series(LineSeries::new(series.points.iter().copied(), style).point_size(3))?
            .label(&series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    let position = SeriesLabelPosition::UpperLeft;
    chart.configure_series_labels().position(position).background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
