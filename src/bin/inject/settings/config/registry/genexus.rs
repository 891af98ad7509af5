//! `registry = "genexus"`: what GAM answered at an F5, and a program that registers there.
//!
//! Must not: read the file, or run the program.

use inject::registry::{
    self, Capability, GenexusConfig, GenexusConnection, GenexusProgram, Registry, RegistryIdentity,
};

use super::given::Given;
use super::{
    Configured, Examined, Fixed, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote, Text, Value,
};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "genexus",
    takes_name: false,
    classes: &[Capability::GetOrCreate],
    remote: Remote::With("command"),
    keeper: Keeper::Owner,
    keys: &[
        Key::new(
            "model",
            Form::Plain,
            Need::Filled(
                "write model = \"PATH\", the environment's model folder: Library/GAM/OutputParms.json lies in it",
            ),
            "the environment's model folder, from the folder of `inject.toml`",
        ),
        Key::new("command", Form::List, Need::Optional, "a program that registers in GAM"),
        Key::new("connection", Form::Table, Need::With("command"), "what that program needs"),
    ],
    read,
};

/// Keys of `connection`.
const CONNECTION_KEYS: &[Key] = &[
    Key::new("conn-user", Form::Text, ITSELF, "`ConnUser`: of GAM's database"),
    Key::new("conn-password", Form::Reference, REFERENCE, "`ConnPassword`"),
    Key::new("repository", Form::Text, ITSELF, "`Repository`"),
    Key::new("user-name", Form::Text, ITSELF, "`UserName`: GAM's administrator"),
    Key::new("user-password", Form::Reference, REFERENCE, "`UserPassword`"),
];
const ITSELF: Need = Need::Given("write it, or a reference to it");
const REFERENCE: Need = Need::Given("write a reference to it: env:NAME");

/// What GAM answered at an F5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genexus {
    /// `model`: the model folder, from the configuration's folder.
    pub model: String,
    /// `command` with `connection`: a program that registers there.
    pub asking: Option<Asking>,
}

/// A program that registers in GAM, and what it needs for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// `command`.
    pub words: Vec<String>,
    /// `conn-user`.
    pub conn_user: Text,
    /// `conn-password`.
    pub conn_password: Source,
    /// `repository`.
    pub repository: Text,
    /// `user-name`.
    pub user_name: Text,
    /// `user-password`.
    pub user_password: Source,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let model = given.plain("model");
    let words =
        given.value("command", Form::List).map(|value| (given.list("command").unwrap_or_default(), value.span()));
    let asking = match (words, given.value("connection", Form::Table)) {
        (None, None) => None,
        (None, Some(connection)) => {
            let remedy = "write command = [\"PROGRAM\", \"ARGUMENT\"], or remove it";
            given.reader.problem(connection.span(), "connection is for a command, and there is none", remedy);
            None
        }
        (Some((words, span)), connection) => {
            if words.is_empty() {
                let remedy = "write command = [\"PROGRAM\", \"ARGUMENT\"]";
                given.reader.problem(span.clone(), "command is empty", remedy);
            }
            match connection {
                Some(connection) => asking(given, words, connection),
                None => {
                    let remedy = "write [env.NAME.connection] with conn-user, conn-password, repository, user-name and \
                                  user-password";
                    given.reader.problem(span, "command has no connection", remedy);
                    None
                }
            }
        }
    };
    Some(RegistryRef::Genexus(Genexus { model: model?, asking }))
}

/// `connection`: all of it is needed.
fn asking(given: &mut Given<'_, '_, '_>, words: Vec<String>, value: &Value<'_>) -> Option<Asking> {
    let table = given.reader.table("env.NAME.connection", value)?;
    let known: Vec<&str> = CONNECTION_KEYS.iter().map(|key| key.name).collect();
    for (key, _) in table {
        let name = key.get_ref().as_ref();
        if !known.contains(&name) {
            given.reader.unknown(key.span(), name, &known);
        }
    }
    let mut given = Given { reader: given.reader, keys: CONNECTION_KEYS, span: value.span(), name: None, table };
    given.check("connection");
    let conn_user = given.text("conn-user");
    let conn_password = given.reference("conn-password");
    let repository = given.text("repository");
    let user_name = given.text("user-name");
    let user_password = given.reference("user-password");
    Some(Asking {
        words,
        conn_user: conn_user?,
        conn_password: conn_password?,
        repository: repository?,
        user_name: user_name?,
        user_password: user_password?,
    })
}

impl Asking {
    /// `connection`, as it stands in the configuration.
    fn connection(&self) -> serde_json::Value {
        let Self { words: _, conn_user, conn_password, repository, user_name, user_password } = self;
        serde_json::json!({
            "conn-user": conn_user.written(),
            "conn-password": conn_password.written(),
            "repository": repository.written(),
            "user-name": user_name.written(),
            "user-password": user_password.written(),
        })
    }

    /// The program, with what it needs.
    fn program(&self, settings: &Settings, chosen: &Chosen) -> Result<GenexusProgram, Failure> {
        let of = |key: &str| format!("{key} in [env.{}.connection]", chosen.name);
        let Self { words, conn_user, conn_password, repository, user_name, user_password } = self;
        let connection = GenexusConnection {
            database: (conn_user.read(&of("conn-user"))?, conn_password.read(&of("conn-password"))?),
            repository: repository.read(&of("repository"))?,
            user: (user_name.read(&of("user-name"))?, user_password.read(&of("user-password"))?),
        };
        Ok(GenexusProgram { words: words.clone(), connection, folder: settings.home.folder.clone() })
    }
}

impl Genexus {
    /// GeneXus' file. It is called by its path from the root, so that two projects do not share one.
    pub fn file(&self, settings: &Settings, chosen: &Chosen) -> registry::Genexus {
        self.at(settings, chosen, None)
    }

    fn at(&self, settings: &Settings, chosen: &Chosen, program: Option<GenexusProgram>) -> registry::Genexus {
        let folder = settings.plain_path(&self.model);
        let called = folder.to_string_lossy().into_owned();
        registry::Genexus::new(GenexusConfig { model: folder, called, environment: chosen.name.clone(), program })
    }
}

impl Configured for Genexus {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn shown(&self) -> String {
        format!("{}:{}", KIND.word, self.model)
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        let mut keys = vec![("model", self.model.clone().into())];
        if let Some(asking) = &self.asking {
            keys.push(("command", asking.words.clone().into()));
            keys.push(("connection", asking.connection()));
        }
        keys
    }

    fn references(&mut self) -> Vec<&mut Source> {
        let Some(asking) = &mut self.asking else { return Vec::new() };
        let Asking { words: _, conn_user, conn_password, repository, user_name, user_password } = asking;
        let texts = [conn_user, repository, user_name].into_iter().filter_map(Text::source_mut);
        texts.chain([conn_password, user_password]).collect()
    }

    fn address(&self) -> Option<&Source> {
        None
    }

    fn unasked(&self) -> Option<String> {
        self.asking.as_ref().map(|asking| asking.words.join(" "))
    }

    fn identity(&self, settings: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(self.file(settings, chosen).identity().clone())
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        let program = self.asking.as_ref().map(|asking| asking.program(settings, chosen)).transpose()?;
        Ok(Box::new(self.at(settings, chosen, program)))
    }

    /// The file is there without the program.
    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(self.file(settings, chosen)))
    }

    fn kept(&self) -> Option<&dyn Kept> {
        None
    }

    fn fixed(&self) -> Option<&Fixed> {
        None
    }

    fn server(&self) -> Option<ProbedServer<'_>> {
        None
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Genexus(self)
    }
}
