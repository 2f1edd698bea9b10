//! The `TREE` extension of an index: the trees that `git commit` will use for directories it need not write anew.
//!
//! Format: Documentation/gitformat-index.txt, "Cache tree". A node is its name, NUL, the number of index entries it
//! covers (-1: no longer valid), a space, the number of nodes directly below, LF and, if valid, the tree's id.

use gix::hash::{Kind as Hash, ObjectId, oid};

/// An extension nested deeper, or with longer paths in total, counts as nonsense.
const MAX_DEPTH: usize = 4096;
const MAX_PATH_BYTES: usize = 64 << 20;

/// One node, without those below.
struct Node<'a> {
    name: &'a [u8],
    entries: Option<u32>,
    children: u32,
    id: Option<&'a oid>,
}

/// The number of entries and the id of the root node; `None` if it is not valid.
pub(super) fn root(payload: &[u8], hash: Hash) -> Option<(u32, ObjectId)> {
    let (node, _) = parse_node(payload, hash)?;
    if !node.name.is_empty() {
        return None;
    }
    Some((node.entries?, node.id?.to_owned()))
}

/// A directory whose tree is known.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct CachedTree {
    /// Its path, with a slash at the end.
    pub path: Vec<u8>,
    /// How many index entries it covers, at least one.
    pub entries: u32,
    /// Its tree.
    pub id: ObjectId,
}

/// Whether `payload` begins as the extension does: with a root node, valid or not.
pub(super) fn root_is_next(payload: &[u8], hash: Hash) -> bool {
    parse_node(payload, hash).is_some_and(|(node, _)| node.name.is_empty())
}

/// The directories with a valid node that have no valid node above them, sorted by path; none if the root is valid, or
/// if the extension makes no sense.
pub(super) fn topmost_valid(mut payload: &[u8], hash: Hash) -> Vec<CachedTree> {
    let mut found = Vec::new();
    /// A node whose children are being read.
    struct Open {
        children_left: u32,
        path_len: usize,
        valid: bool,
    }
    let (mut path, mut path_bytes) = (Vec::new(), 0);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let Some((node, rest)) = parse_node(payload, hash) else { return Vec::new() };
        payload = rest;
        let below_valid = open.last().is_some_and(|parent| parent.valid);
        if !open.is_empty() {
            path.extend_from_slice(node.name);
            path.push(b'/');
        }
        if let (Some(entries @ 1..), Some(id), false) = (node.entries, node.id, below_valid || open.is_empty()) {
            path_bytes += path.len();
            found.push(CachedTree { path: path.clone(), entries, id: id.to_owned() });
        }
        if open.len() >= MAX_DEPTH || path_bytes > MAX_PATH_BYTES {
            return Vec::new();
        }
        let valid = below_valid || node.id.is_some();
        open.push(Open { children_left: node.children, path_len: path.len(), valid });
        // Go up to the nearest node that has a child left.
        loop {
            let Some(parent) = open.last_mut() else {
                found.sort_by(|a, b| a.path.cmp(&b.path));
                return if payload.is_empty() { found } else { Vec::new() };
            };
            path.truncate(parent.path_len);
            if parent.children_left > 0 {
                parent.children_left -= 1;
                break;
            }
            open.pop();
        }
    }
}

fn parse_node(payload: &[u8], hash: Hash) -> Option<(Node<'_>, &[u8])> {
    let (name, rest) = split_at_byte(payload, 0)?;
    let (entries, rest) = split_at_byte(rest, b' ')?;
    let (children, rest) = split_at_byte(rest, b'\n')?;
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
    let children = number(children)?;
    if entries == b"-1" {
        return Some((Node { name, entries: None, children, id: None }, rest));
    }
    let entries = Some(number(entries)?);
    let (id, rest) = rest.split_at_checked(hash.len_in_bytes())?;
    Some((Node { name, entries, children, id: Some(oid::try_from_bytes(id).ok()?) }, rest))
}

fn split_at_byte(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(separator, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, entries: i32, children: u32, id: u8) -> Vec<u8> {
        let mut bytes = format!("{name}\0{entries} {children}\n").into_bytes();
        if entries >= 0 {
            bytes.extend_from_slice(&[id; 20]);
        }
        bytes
    }

    #[test]
    fn only_the_topmost_valid_nodes_count() {
        let nodes =
            [node("", -1, 2, 0), node("a", 3, 1, 1), node("x", 2, 0, 2), node("b", -1, 1, 0), node("y", 1, 0, 3)];
        let found = topmost_valid(&nodes.concat(), Hash::Sha1);
        let found: Vec<_> =
            found.iter().map(|tree| (tree.path.as_slice(), tree.entries, tree.id.as_bytes()[0])).collect();
        assert_eq!(found, [(&b"a/"[..], 3, 1), (b"b/y/", 1, 3)]);
        assert_eq!(root(&nodes.concat(), Hash::Sha1), None);
        assert_eq!(root(&node("", 9, 0, 5), Hash::Sha1).map(|(entries, _)| entries), Some(9));
    }

    #[test]
    fn nonsense_is_no_cache_tree() {
        let lying = [node("", -1, 2, 0), node("a", 3, 0, 1)].concat();
        let trailing = [node("", 3, 0, 1), b"x".to_vec()].concat();
        let deep = std::iter::repeat_n(node("d", -1, 1, 0), 100_000).collect::<Vec<_>>().concat();
        for payload in [lying, trailing, deep, Vec::new(), b"\0x 1\n".to_vec()] {
            assert_eq!(topmost_valid(&payload, Hash::Sha1), []);
        }
    }
}
