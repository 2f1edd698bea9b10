//! A table in lines of at most so many columns: cells that are too wide go on in the next line.

use owo_colors::{OwoColorize as _, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// No column is made narrower than this, unless there is no room for as much.
const NARROWEST: usize = 8;

/// Between two columns.
const GAP: usize = 2;

/// After these a line may be broken without breaking a word.
const BREAKS: [char; 4] = [' ', ',', '/', '-'];

/// More of a cell than this is not shown: what is written in manifests can be of any length.
const MAX_CELL: usize = 400;

/// One cell; a line end in it is kept.
#[derive(Clone, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// Coloured, where colours are asked for.
    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: cut(&text.into(), MAX_CELL), style: Style::new() }
    }
}

/// `text`, or what fits into `width` columns of it with `...` at the end.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.len() <= width || text.width() <= width {
        return text.to_owned();
    }
    let (head, _) = split_at_width(text, width.saturating_sub(3));
    format!("{head}...")
}

/// Rows under a header, in lines of at most `width` columns where that is possible.
pub(super) fn table(header: &[&str], rows: &[Vec<Cell>], width: usize, color: bool) -> String {
    let header: Vec<Cell> = header.iter().map(|name| Cell::from(*name).styled(Style::new().bold())).collect();
    let rows: Vec<&Vec<Cell>> = std::iter::once(&header).chain(rows).collect();
    let mut columns: Vec<Column> = vec![Column::default(); header.len()];
    for row in &rows {
        for (column, cell) in columns.iter_mut().zip(*row) {
            for line in cell.text.lines() {
                column.natural = column.natural.max(line.width());
                column.unbroken = line
                    .split_inclusive(BREAKS)
                    .map(|part| part.trim_end().width())
                    .max()
                    .unwrap_or(0)
                    .max(column.unbroken);
            }
        }
    }
    let widths = fit(&columns, width);
    let mut out = String::new();
    for row in rows {
        push_row(&mut out, row, &widths, color);
    }
    out
}

/// Paragraphs of `text` in lines of at most `width` columns, each after `first` or `next`.
pub(super) fn paragraph(out: &mut String, text: &str, first: &str, next: &str, width: usize) {
    let room = width.saturating_sub(next.width()).max(NARROWEST);
    for (i, line) in wrap(text, room).into_iter().enumerate() {
        out.push_str(if i == 0 { first } else { next });
        out.push_str(line);
        out.push('\n');
    }
}

/// How wide a column would be.
#[derive(Clone, Copy, Default)]
struct Column {
    /// If no cell went on in another line.
    natural: usize,
    /// If no word was broken.
    unbroken: usize,
}

/// The widths of `columns` in lines of `width`: the widest are narrowed first, and words are broken only where nothing
/// else helps.
fn fit(columns: &[Column], width: usize) -> Vec<usize> {
    let available = width.saturating_sub(GAP * columns.len().saturating_sub(1));
    let narrowest = NARROWEST.min(available / columns.len().max(1)).max(1);
    let capped = |cap: usize, unbroken: bool| -> Vec<usize> {
        let floor = |column: &Column| if unbroken { column.unbroken } else { 0 };
        columns.iter().map(|column| column.natural.min(cap.max(floor(column)))).collect()
    };
    let caps = || (narrowest..=available.max(narrowest)).rev();
    let all = caps().map(|cap| (cap, true)).chain(caps().map(|cap| (cap, false)));
    let mut fitting = all.map(|(cap, unbroken)| capped(cap, unbroken));
    let mut widths =
        fitting.find(|widths| widths.iter().sum::<usize>() <= available).unwrap_or_else(|| capped(narrowest, false));
    // What is left goes to the columns that were made narrower, from the left.
    let mut left = available.saturating_sub(widths.iter().sum());
    for (width, column) in widths.iter_mut().zip(columns) {
        let more = (column.natural - *width).min(left);
        left -= more;
        *width += more;
    }
    widths
}

fn push_row(out: &mut String, row: &[Cell], widths: &[usize], color: bool) {
    let cells: Vec<Vec<&str>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| cell.text.lines().flat_map(|line| wrap(line, *width)).collect())
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    for i in 0..height {
        let start = out.len();
        let mut owed = 0;
        for ((lines, cell), width) in cells.iter().zip(row).zip(widths) {
            let text = lines.get(i).copied().unwrap_or_default();
            if !text.is_empty() {
                out.extend(std::iter::repeat_n(' ', owed));
                owed = 0;
                match color {
                    true => out.push_str(&text.style(cell.style).to_string()),
                    false => out.push_str(text),
                }
            }
            owed += width.saturating_sub(text.width()) + GAP;
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
}

/// Parts of `line` that are at most `width` columns wide, broken after one of [`BREAKS`] where there is one.
fn wrap(line: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = line;
    loop {
        let (head, tail) = split_at_width(rest, width);
        if tail.is_empty() {
            lines.push(head.trim_end());
            return lines;
        }
        let blank_follows = tail.starts_with(' ');
        let at = match head.rfind(BREAKS) {
            Some(at) if !blank_follows && !head[..=at].trim().is_empty() => at + 1,
            _ => head.len(),
        };
        lines.push(rest[..at].trim_end());
        rest = rest[at..].trim_start();
        if rest.is_empty() {
            return lines;
        }
    }
}

/// The longest start of `text` that is at most `width` columns wide, but at least one character, and the rest.
fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut columns = 0;
    for (at, c) in text.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns > width && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(rows: &[[&str; 3]], width: usize) -> String {
        let rows: Vec<Vec<Cell>> = rows.iter().map(|row| row.iter().map(|text| Cell::from(*text)).collect()).collect();
        table(&["name", "where", "what"], &rows, width, false)
    }

    #[test]
    fn what_fits_is_left_alone() {
        let rows = [["torch", "uv.lock:1", "a b c"], ["x", "", ""]];
        assert_eq!(render(&rows, 80), "name   where      what\ntorch  uv.lock:1  a b c\nx\n");
    }

    #[test]
    fn lines_are_never_wider_than_asked() {
        let long = "services/api/requirements/production.txt:1182";
        let rows = [["torch", long, "weights_only defaults to False"], ["日本語日本語日本語日本語", long, "x"]];
        for width in [40, 60, 100] {
            let out = render(&rows, width);
            assert!(out.lines().all(|line| line.width() <= width), "{width}\n{out}");
            let all: String = out.split_whitespace().collect();
            assert!(all.contains("services/"), "{out}");
        }
        assert_eq!(wrap("a b/c", 3), ["a", "b/c"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("abcd  ", 4), ["abcd"]);
    }

    #[test]
    fn columns_of_wide_and_of_no_width_stay_aligned() {
        let out = render(&[["日本", "a", "b"], ["e\u{301}", "a", "b"]], 80);
        assert_eq!(out, "name  where  what\n日本  a      b\ne\u{301}     a      b\n");
    }

    #[test]
    fn endless_cells_are_cut() {
        let long = "x".repeat(10_000_000);
        assert!(render(&[[&long, "", ""]], 100).len() < 2000);
    }
}
