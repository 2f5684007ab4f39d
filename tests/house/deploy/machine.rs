//! A machine for `deploy.sh`: a repository with one commit, and stand-ins for every program that would reach Azure.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Answers in place of all of them; its name tells it whom it stands for.
const STAND_IN: &str = include_str!("stand_in.sh");
const STANDS_FOR: [&str; 5] = ["az", "cargo", "curl", "docker", "sleep"];

/// Where the script finds nothing of this machine but a shell, git and openssl.
pub struct Machine {
    folder: TempDir,
}

/// How a run ended.
pub struct Run {
    /// Whether the script says it worked.
    pub is_good: bool,
    /// Everything it printed, standard error last.
    pub output: String,
    /// Every call of a stand-in, in order.
    pub calls: Vec<String>,
}

impl Machine {
    /// With the script and the templates as they are here.
    pub fn new() -> Machine {
        let machine = Machine { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "vault", "images", "repository/deploy"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        for name in STANDS_FOR {
            let file = machine.path(&format!("bin/{name}"));
            fs::write(&file, STAND_IN).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let root = super::root();
        fs::copy(root.join("deploy.sh"), machine.path("repository/deploy.sh")).unwrap();
        copy(&root.join("deploy/azure"), &machine.path("repository/deploy/azure"));
        machine.write("repository/Dockerfile", "FROM scratch");
        machine.write("repository/.gitignore", ".env");
        machine.git(&["init", "--quiet"]);
        machine.commit();
        machine
    }

    /// A path below the machine's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the machine.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes a file of the machine.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Commits everything in the repository and returns the commit.
    pub fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&[
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.com",
            "commit",
            "--quiet",
            "-m",
            "a commit",
        ]);
        self.commit_now()
    }

    /// The commit that is checked out.
    pub fn commit_now(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        let output = git.args(arguments).current_dir(self.path("repository")).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The script with an account for `conform`, and nobody to ask.
    pub fn deploy(&self, arguments: &[&str]) -> Run {
        self.deploy_with(arguments, &[])
    }

    /// The same, with more in the environment.
    pub fn deploy_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.write("password", "the account's password");
        let mut command = self.command(arguments);
        command
            .env("CONFORM_USER", "someone@example.com")
            .env("CONFORM_PASSWORD_FILE", self.path("password"))
            .envs(variables.iter().copied())
            .stdin(Stdio::null());
        self.run(command)
    }

    /// The same, reading a file of the machine.
    pub fn deploy_reading(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        command.stdin(fs::File::open(self.path(input)).unwrap());
        self.run(command)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command
            .arg(self.path("repository/deploy.sh"))
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("STAND_IN", self.folder.path())
            .env("STAND_IN_TAG", arguments.first().copied().unwrap_or_default());
        command
    }

    fn run(&self, mut command: Command) -> Run {
        self.write("calls", "");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        Run {
            is_good: output.status.success(),
            output: String::from_utf8_lossy(&text).into_owned(),
            calls: self.read("calls").lines().map(str::to_owned).collect(),
        }
    }
}

impl Run {
    /// Fails with what was printed where the script did not end well.
    pub fn worked(self) -> Run {
        assert!(self.is_good, "{}", self.output);
        self
    }

    /// Fails unless the script ended badly and said why.
    pub fn refused(&self, why: &str) {
        assert!(!self.is_good, "it went on:\n{}", self.output);
        assert!(self.output.contains(why), "it does not say {why:?}:\n{}", self.output);
    }

    /// The calls that change something.
    pub fn changes(&self) -> Vec<&str> {
        let asks = |call: &str| {
            let words = [
                "az account show",
                "az group show",
                "az deployment group show",
                "az deployment group what-if",
            ];
            let more = [
                "az keyvault secret list",
                "az acr repository show",
                "az containerapp show",
                "curl ",
                "sleep ",
            ];
            let job = ["az containerapp job execution show", "az containerapp revision list"];
            words.iter().chain(&more).chain(&job).any(|start| call.starts_with(start))
        };
        self.calls.iter().map(String::as_str).filter(|call| !asks(call)).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
