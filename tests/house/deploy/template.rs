//! One Bicep file as a tree, and the questions the rules ask of it.

use std::{collections::BTreeMap, fs};

use tree_sitter::{Node, Parser, Tree};

/// A file under `deploy/azure`.
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    tree: Tree,
}

impl Template {
    /// Reads and parses one.
    pub fn read(name: &str) -> Template {
        let text = fs::read_to_string(super::root().join("deploy/azure").join(name)).unwrap();
        Template::parse(name, &text)
    }

    /// Parses a text, which a test may have changed.
    pub fn parse(name: &str, text: &str) -> Template {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).unwrap();
        let tree = parser.parse(text, None).unwrap();
        Template { name: name.to_owned(), text: text.to_owned(), tree }
    }

    /// All of them, `main.bicep` too.
    pub fn all() -> Vec<Template> {
        let files = fs::read_dir(super::root().join("deploy/azure")).unwrap().flatten();
        let names = files.filter_map(|file| file.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".bicep")).collect();
        names.sort();
        assert!(names.len() >= 5, "{names:?}");
        names.iter().map(|name| Template::read(name)).collect()
    }

    /// Every node, parents first.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        let mut open = vec![self.tree.root_node()];
        while let Some(node) = open.pop() {
            found.push(node);
            open.extend((0..node.child_count()).rev().filter_map(|index| node.child(index)));
        }
        found
    }

    /// Every node of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<Node<'_>> {
        self.nodes().into_iter().filter(|node| node.kind() == kind).collect()
    }

    /// What stands at a node.
    pub fn text_of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The name a declaration gives, the first of its parts.
    pub fn name_of(&self, declaration: Node<'_>) -> &str {
        declaration.named_child(0).map_or("", |name| self.text_of(name))
    }

    /// The names declared by a kind of statement: `parameter_declaration`, `output_declaration` …
    pub fn declared(&self, kind: &str) -> Vec<&str> {
        self.of_kind(kind).into_iter().map(|node| self.name_of(node)).collect()
    }

    /// The properties of an object, by name.
    pub fn properties<'a>(&'a self, object: Node<'a>) -> BTreeMap<&'a str, Node<'a>> {
        let children = (0..object.named_child_count()).filter_map(|index| object.named_child(index));
        let pairs = children.filter(|child| child.kind() == "object_property");
        pairs.filter_map(|pair| Some((self.name_of(pair).trim_matches('\''), last(pair)?))).collect()
    }

    /// Every property with this name, wherever it stands.
    pub fn all_named<'a>(&'a self, name: &str) -> Vec<Node<'a>> {
        let pairs = self.of_kind("object_property").into_iter();
        pairs.filter(|pair| self.name_of(*pair).trim_matches('\'') == name).filter_map(last).collect()
    }

    /// Every object that has this property, at any depth.
    pub fn objects_with<'a>(&'a self, name: &str) -> Vec<BTreeMap<&'a str, Node<'a>>> {
        let objects = self.of_kind("object").into_iter().map(|object| self.properties(object));
        objects.filter(|properties| properties.contains_key(name)).collect()
    }

    /// The modules: name, file, and the properties of what they are given.
    pub fn modules(&self) -> Vec<(&str, &str, BTreeMap<&str, Node<'_>>)> {
        let modules = self.of_kind("module_declaration").into_iter();
        modules
            .map(|module| {
                let file = module.named_child(1).map_or("", |file| self.text_of(file).trim_matches('\''));
                let body = last(module)
                    .map(|body| if body.kind() == "if_statement" { last(body).unwrap() } else { body });
                (self.name_of(module), file, self.properties(body.unwrap()))
            })
            .collect()
    }
}

/// The last part of a node: the value of a property, the body of a declaration.
pub fn last(node: Node<'_>) -> Option<Node<'_>> {
    node.named_child(node.named_child_count().checked_sub(1)?)
}
