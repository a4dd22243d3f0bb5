//! Rows in aligned columns, no wider than the terminal.

use std::io;

use super::wrap::wrapped;
use super::{Tone, columns, painted, printable, width_of};

/// What is cut to less tells nothing.
const SHORTEST: usize = 4;

/// Words in a column that is narrower are hard to read.
const READABLE: usize = 12;

/// Rows in aligned columns, two blanks apart, each a text without its last line's end; every cell is [`printable`]. What is
/// wider than the terminal goes on below in the last column, between words alone, so that a path stays whole; where that
/// is not enough, the longest cells of the others lose their ends.
#[must_use]
pub fn table(rows: &[Vec<(String, Tone)>]) -> Vec<String> {
    let shown = |(text, tone): &(String, Tone)| (printable(text), *tone);
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    aligned(&rows, width_of(&io::stdout()).unwrap_or(usize::MAX))
}

fn aligned(rows: &[Vec<(String, Tone)>], room: usize) -> Vec<String> {
    let tail = rows.iter().map(Vec::len).max().unwrap_or_default().saturating_sub(1);
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| columns(text)).max().unwrap_or_default()
    };
    let mut widths: Vec<usize> = (0..=tail).map(widest).collect();
    while widths.iter().sum::<usize>().saturating_add(2 * tail) > room {
        let least = |column| if column == tail { READABLE } else { SHORTEST };
        let wide = widths.iter_mut().enumerate().filter(|(column, width)| **width > least(*column));
        let Some((_, longest)) = wide.max_by_key(|(_, width)| **width) else { break };
        *longest -= 1;
    }
    let indent = widths[..tail].iter().map(|width| width + 2).sum::<usize>();
    let line = |row: &Vec<(String, Tone)>| {
        let mut line = String::new();
        for (column, (text, tone)) in row.iter().enumerate() {
            let width = widths[column];
            if column == tail {
                let parts: Vec<_> = wrapped(text, width).iter().map(|part| painted(part, *tone)).collect();
                line.push_str(&parts.join(&format!("\n{:indent$}", "")));
                break;
            }
            let is_cut = columns(text) > width;
            let text = if is_cut { cut(text, width) } else { text.clone() };
            line.push_str(&painted(&text, *tone));
            if row[column + 1..].iter().any(|(text, _)| !text.is_empty()) {
                line.extend(std::iter::repeat_n(' ', width - columns(&text) + 2));
            }
        }
        line
    };
    rows.iter().map(line).collect()
}

/// The beginning of a text with an ellipsis behind it, in no more than that many columns.
fn cut(text: &str, width: usize) -> String {
    let ends = text.char_indices().map(|(end, _)| end);
    let end = ends.take_while(|end| columns(&text[..*end]) < width).last().unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const N: usize>(cells: [&str; N]) -> Vec<(String, Tone)> {
        cells.map(|cell| (cell.to_owned(), Tone::Plain)).to_vec()
    }

    #[test]
    fn columns_are_aligned_and_no_line_ends_in_blanks() {
        let lines = table(&[row(["a", "bob", "x"]), row(["long", "é", ""]), row(["", "", "y"])]);
        assert_eq!(lines, ["a     bob  x", "long  é", "           y"]);
    }

    #[test]
    fn a_letter_that_takes_two_columns_shifts_nothing() {
        let rows = [row(["猫猫猫", "x"]), row(["work", "y"]), row(["e\u{301}", "z"])];
        assert_eq!(aligned(&rows, 80), ["猫猫猫  x", "work    y", "e\u{301}       z"]);
        assert_eq!(aligned(&[row(["猫猫猫", "x"]), row(["work", "y"])], 8), ["猫猫…  x", "work   y"]);
    }

    #[test]
    fn the_longest_cells_before_the_last_lose_their_ends_where_there_is_no_room() {
        let rows = [row(["*", "a-very-long-name", "hf_****abcd"]), row(["", "é", "x"])];
        assert_eq!(aligned(&rows, 32), ["*  a-very-long-name  hf_****abcd", "   é                 x"]);
        assert_eq!(aligned(&rows, 24), ["*  a-very-…  hf_****abcd", "   é         x"]);
        assert_eq!(aligned(&rows, 3), ["*  a-v…  hf_****abcd", "   é     x"], "nothing is left of what is cut further");
    }

    #[test]
    fn the_last_column_goes_on_below_between_its_words() {
        let told = "git asks another helper, of /a/very/long/path/to/some/configuration, for all";
        let lines = aligned(&[row(["ok", told]), row(["fail", "x"])], 36);
        let wanted = "ok    git asks another helper, of\n      /a/very/long/path/to/some/configuration,\n      for all";
        assert_eq!(lines, [wanted, "fail  x"]);
    }
}
