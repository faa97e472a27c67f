//! Reads Rust sources as far as the house's rules need: imports, paths and macros, with their lines.
//!
//! In: a file's path and text. Out: what it refers to, as absolute paths, and whether it stands in test code.
//! Invariant: comments, strings and character literals are blanked first, so they never count as code.

use std::collections::{BTreeMap, BTreeSet};

/// One source file.
pub struct Source {
    /// Its path from the package's root: `src/analyzer/label.rs`.
    pub path: String,
    /// Its module path: `["analyzer", "label"]`; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// Its text.
    pub text: String,
}

/// Something that a file refers to.
pub struct Reference {
    /// Inside the crate the path after `crate`; outside it the whole path (`std::fs::read`).
    pub path: Vec<String>,
    /// Whether it lies inside this crate (`crate`, `super`, `self`, `tcpshake`, or a child module).
    pub inside: bool,
    /// Whether it is a glob import.
    pub glob: bool,
    /// The path as it was written, for globs that are told by it.
    pub written: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it stands in code that is built for tests alone.
    pub test: bool,
}

/// One token: a word, `::`, or a single sign.
pub struct Token {
    pub text: String,
    pub line: usize,
    pub test: bool,
}

impl Source {
    /// Takes a file under `src/`.
    pub fn new(path: &str, text: &str) -> Self {
        let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        let last = module.last().map(String::as_str);
        if last == Some("mod") || (module.len() == 1 && matches!(last, Some("lib" | "main"))) {
            module.pop();
        }
        Self { path: path.to_owned(), module, text: text.to_owned() }
    }

    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Its tokens, each marked where it is built for tests alone.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = tokenize(&blank(&self.text));
        mark_tests(&mut tokens);
        if self.is_test() {
            tokens.iter_mut().for_each(|token| token.test = true);
        }
        tokens
    }

    /// All it refers to: its imports, and every path in its code. `modules` are the modules of the crate.
    pub fn references(&self, modules: &BTreeSet<Vec<String>>) -> Vec<Reference> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        let mut aliases = BTreeMap::new();
        let mut paths = Vec::new();
        let mut braces: Vec<Option<String>> = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = text(&tokens, at + 1);
            let here =
                || self.module.iter().cloned().chain(braces.iter().flatten().cloned()).collect::<Vec<_>>();
            match token.text.as_str() {
                "mod" if text(&tokens, at + 2) == "{" => {
                    braces.push(Some(next.to_owned()));
                    at += 2;
                }
                "{" => braces.push(None),
                "}" => drop(braces.pop()),
                "use" if next != "<" => {
                    let mut leaves = Vec::new();
                    at = use_tree(&tokens, at + 1, &[], &mut leaves);
                    for (path, alias) in leaves {
                        let reference = resolve(&path, &here(), modules, token);
                        aliases.insert(alias, (reference.inside, reference.path.clone()));
                        found.push(reference);
                    }
                }
                word if is_word(word) && next == "::" => {
                    let (path, visibility, last) = inline_path(&tokens, at);
                    at = last;
                    if path.len() > 1 && !visibility {
                        paths.push(resolve(&path, &here(), modules, token));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        for mut reference in paths {
            let first = reference.path.first().cloned().unwrap_or_default();
            if let (false, Some((inside, full))) = (reference.inside, aliases.get(&first)) {
                if *inside && !modules.contains(full) {
                    continue; // an item's own parts: its import has been counted
                }
                reference.path = full.iter().cloned().chain(reference.path.into_iter().skip(1)).collect();
                reference.inside = *inside;
            }
            found.push(reference);
        }
        found
    }
}

/// Reads a path in code from `at`: its words, whether it only says who may see an item (`pub(in crate::x)`), and the
/// place of its last token.
fn inline_path(tokens: &[Token], at: usize) -> (Vec<String>, bool, usize) {
    let mut path = vec![text(tokens, at).to_owned()];
    let mut last = at;
    while text(tokens, last + 1) == "::" && is_word(text(tokens, last + 2)) {
        last += 2;
        path.push(text(tokens, last).to_owned());
    }
    let visibility = at >= 2 && text(tokens, at - 1) == "in" && text(tokens, at - 2) == "(";
    (path, visibility, last)
}

/// Reads one `use` tree from `at`; gives the place of its last token. A leaf is a path and the name it gets.
fn use_tree(
    tokens: &[Token],
    mut at: usize,
    stem: &[String],
    leaves: &mut Vec<(Vec<String>, String)>,
) -> usize {
    let mut path = stem.to_vec();
    loop {
        match text(tokens, at) {
            "::" => {}
            "{" => loop {
                at += 1;
                if text(tokens, at) != "}" {
                    at = use_tree(tokens, at, &path, leaves);
                }
                match text(tokens, at) {
                    "," => {}
                    _ => return at + 1,
                }
            },
            "as" => {
                leaves.push((path, text(tokens, at + 1).to_owned()));
                return at + 2;
            }
            word if is_word(word) || word == "*" => path.push(word.to_owned()),
            _ => break,
        }
        at += 1;
    }
    if path.len() > stem.len() + 1 || path.last().is_some_and(|last| last != "self") {
        let alias = path.last().cloned().unwrap_or_default();
        leaves.push((path, alias));
    } else if let Some(alias) = stem.last().cloned() {
        leaves.push((stem.to_vec(), alias));
    }
    at
}

/// Makes a written path absolute, seen from module `here`.
fn resolve(written: &[String], here: &[String], modules: &BTreeSet<Vec<String>>, token: &Token) -> Reference {
    let glob = written.last().is_some_and(|last| last == "*");
    let whole = written.join("::");
    let mut rest = written;
    let mut base = here.to_vec();
    let mut inside = false;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" | "tcpshake" if !inside => base.clear(),
            "self" => {}
            "super" => drop(base.pop()),
            _ => break,
        }
        inside = true;
        rest = others;
    }
    let child = rest.first().map(|first| base.iter().cloned().chain([first.clone()]).collect::<Vec<_>>());
    inside |= child.is_some_and(|child| modules.contains(&child));
    let stem = if inside { base } else { Vec::new() };
    let path = stem.into_iter().chain(rest.iter().filter(|word| *word != "*").cloned()).collect();
    Reference { path, inside, glob, written: whole, line: token.line, test: token.test }
}

/// Replaces comments, strings and character literals by blanks; lines stay where they are.
pub fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let length = literal_length(&chars, at);
        if length == 0 {
            out.push(c);
            at += 1;
        } else {
            let end = (at + length).min(chars.len());
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// How many characters the comment or literal at `at` has; 0 where there is none.
fn literal_length(chars: &[char], at: usize) -> usize {
    let get = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let until = |from: usize, stop: &dyn Fn(usize) -> bool| {
        (from..chars.len()).find(|i| stop(*i)).unwrap_or(chars.len())
    };
    match (get(at), get(at + 1)) {
        ('/', '/') => until(at, &|i| get(i) == '\n') - at,
        ('/', '*') => {
            let (mut depth, mut i) = (1, at + 2);
            while depth > 0 && i < chars.len() {
                match (get(i), get(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
            }
            i - at
        }
        ('"', _) => {
            let mut i = at + 1;
            while i < chars.len() && get(i) != '"' {
                i += if get(i) == '\\' { 2 } else { 1 };
            }
            i + 1 - at
        }
        ('\'', '\\') => until(at + 3, &|i| get(i) == '\'') + 1 - at,
        ('\'', _) if get(at + 2) == '\'' => 3,
        ('r', '"' | '#') if at == 0 || !is_word_char(get(at - 1)) || matches!(get(at - 1), 'b' | 'c') => {
            let hashes = until(at + 1, &|i| get(i) != '#') - at - 1;
            if get(at + 1 + hashes) != '"' {
                return 0; // a raw identifier
            }
            let closes = |i: usize| get(i) == '"' && (1..=hashes).all(|n| get(i + n) == '#');
            until(at + 2 + hashes, &closes) + 1 + hashes - at
        }
        _ => 0,
    }
}

/// Cuts blanked text into tokens.
fn tokenize(blanked: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (number, line) in blanked.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                _ => word,
            };
            let (token, after) = rest.split_at(length);
            tokens.push(Token { text: token.to_owned(), line: number + 1, test: false });
            rest = after.trim_start();
        }
    }
    tokens
}

/// Marks what `#[cfg(test)]` and `#[test]` cover: from the attribute to the end of its item.
fn mark_tests(tokens: &mut [Token]) {
    let mut at = 0;
    while at < tokens.len() {
        if text(tokens, at) == "#" && text(tokens, at + 1) == "[" {
            let close = closing(tokens, at + 1, "[", "]");
            let attribute: Vec<&str> = (at + 2..close).map(|i| text(tokens, i)).collect();
            let conditional = attribute.first() == Some(&"cfg") && !attribute.contains(&"not");
            if attribute == ["test"] || (conditional && attribute.contains(&"test")) {
                let end =
                    (close..tokens.len()).find(|i| matches!(text(tokens, *i), "{" | ";")).unwrap_or(close);
                let end = if text(tokens, end) == "{" { closing(tokens, end, "{", "}") } else { end };
                tokens.iter_mut().take(end + 1).skip(at).for_each(|token| token.test = true);
                at = end;
            }
        }
        at += 1;
    }
}

/// The place of the bracket that closes the one at `from`.
fn closing(tokens: &[Token], from: usize, open: &str, close: &str) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(from) {
        if token.text == open {
            depth += 1;
        } else if token.text == close {
            depth -= 1;
            if depth == 0 {
                return i;
            }
        }
    }
    tokens.len()
}

/// The text of a token, or nothing beyond the end.
pub fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_') && token != "as"
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
