//! A token is looked at before anybody is asked about it: what it cannot have in it is named by character and place.

use std::io::Read as _;
use std::net::TcpListener;

use crate::rig::World;

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const ASK: &str = "protocol=https\nhost=huggingface.co\n\n";

/// A world whose one way out is watched.
struct Watched {
    world: World,
    way_out: TcpListener,
}

impl Watched {
    fn new() -> Self {
        let way_out = TcpListener::bind("127.0.0.1:0").expect("a port");
        way_out.set_nonblocking(true).expect("a socket");
        let proxy = format!("http://{}", way_out.local_addr().expect("its address"));
        Self { world: World::new().env("ALL_PROXY", proxy), way_out }
    }

    fn nobody_was_asked(&self) {
        // whether the proxy is there may be looked at, without a word
        while let Ok((mut stream, _)) = self.way_out.accept() {
            let mut said = Vec::new();
            stream.set_nonblocking(false).expect("a socket");
            stream.read_to_end(&mut said).expect("it was ended");
            assert!(said.is_empty(), "somebody was asked");
        }
    }
}

const FLAWED: [(&str, &str); 6] = [
    ("hf_AAAAAAAAAAAA\u{200b}", "a zero-width space (U+200B) at place 16"),
    ("hf_AAAAAA\u{430}AAAAA", "(U+0430) at place 10"),
    ("hf_AAAAAA\u{a0}AAAAA", "a no-break space (U+00A0) at place 10"),
    ("hf_AAAAAA\u{1}AAAAA", "a control character (U+0001) at place 10"),
    ("hf_AAAAAA AAAAA", "a blank at place 10"),
    ("hf_****abcd", "the masked form"),
];

#[test]
fn what_a_token_cannot_have_in_it_is_named_and_nobody_is_asked() {
    for (token, words) in FLAWED {
        let Watched { world, way_out } = Watched::new();
        let world = world.env("HF_TOKEN", token);
        let watched = Watched { world, way_out };
        watched.world.helper(&["whoami"], "").refused().says(words).says("HF_TOKEN");
        for command in ["doctor", "status"] {
            let told = watched.world.helper(&[command], "").out();
            assert!(told.contains(words), "{command}: {told}");
        }
        let login = watched.world.helper(&["login", "--with-token"], format!("{token}\n"));
        login.refused().says(words).says("nothing was stored");
        assert!(!login.err().contains("--no-verify"), "{login:?}");
        watched.world.helper(&["login", "--with-token", "--no-verify"], token).refused().says(words);
        watched.nobody_was_asked();
    }
}

#[test]
fn it_is_named_wherever_the_token_comes_from() {
    let (token, words) = FLAWED[0];
    let file = Watched::new();
    file.world.write_token(token);
    file.world.helper(&["whoami"], "").refused().says(words);
    file.nobody_was_asked();
    let command = Watched::new();
    command.world.write(".gitconfig", format!("[credential]\n\thelper = hf --token-command 'echo {token}'\n"));
    command.world.helper(&["whoami"], "").refused().says(words);
    command.nobody_was_asked();
}

#[test]
fn a_byte_order_mark_and_line_ends_are_no_part_of_a_token() {
    let marked = format!("\u{feff}{TOKEN}\r\n");
    World::new().token(&marked).helper(&["get"], ASK).answers("hf_user", TOKEN);
    World::new().env("HF_TOKEN", &marked).helper(&["get"], ASK).answers("hf_user", TOKEN);
    let world = World::new();
    world.write("token.txt", &marked);
    world.helper(&["--token-command", "cat token.txt", "get"], ASK).answers("hf_user", TOKEN);
    world.helper(&["login", "--with-token", "--no-verify"], &marked).succeeded();
    world.helper(&["get"], "protocol=https\nhost=huggingface.co\n").succeeded();
    let held = world.read_stored_tokens();
    assert!(held.contains(TOKEN) && !held.contains('\u{feff}'), "{held}");
}

#[test]
fn a_variable_that_holds_a_token_is_found_by_what_it_holds_and_its_remedy_works() {
    for name in ["HUGGING_FACE_TOKEN", "HF_API_KEY", "MY_OWN_SECRET", "HUGGINGFACE_TOKEN"] {
        let world = World::new().env(name, TOKEN).env("HF_HUB_OFFLINE", "1");
        let remedy = format!("export HF_TOKEN=\"${name}\"");
        for command in ["status", "doctor"] {
            let told = world.helper(&[command], "");
            told.hides(TOKEN);
            assert!(told.out().contains(&format!("{name} holds a token")), "{told:?}");
            assert!(told.out().contains(&remedy), "{told:?}");
        }
        let mut shell = world.command("sh");
        shell.args(["-c", &format!("{remedy}; git-credential-hf doctor; git-credential-hf get")]);
        let after = crate::rig::finish(shell, ASK.as_bytes());
        assert!(after.out().contains(&format!("password={TOKEN}")) && !after.out().contains(name), "{after:?}");
    }
    let world = World::new().env("MY_OWN_SECRET", TOKEN).env("HF_TOKEN", "hf_another").env("HF_HUB_OFFLINE", "1");
    assert!(!world.helper(&["doctor"], "").out().contains("MY_OWN_SECRET"));
    let world =
        World::new().env("MY_OWN_NAME", "hf_user").env("PATH_OF_IT", "/hf_AAAA/hf_x").env("HF_HUB_OFFLINE", "1");
    let told = world.helper(&["doctor"], "").out();
    assert!(!told.contains("MY_OWN_NAME") && !told.contains("PATH_OF_IT"), "{told}");
}

#[test]
fn a_token_where_hf_kept_it_once_is_found_and_its_remedy_works() {
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    world.write(".huggingface/token", format!("{TOKEN}\n"));
    let remedy = format!(
        "git-credential-hf login --with-token < {0} && rm {0}",
        world.home().join(".huggingface/token").display()
    );
    for command in ["status", "doctor"] {
        let told = world.helper(&[command], "").out();
        assert!(told.contains(".huggingface/token holds a token") && told.contains(&remedy), "{told}");
    }
    // as it is pasted, but for the Hub, which is not to be had here
    let mut shell = world.command("sh");
    shell.args(["-c", &remedy.replace("--with-token", "--with-token --no-verify --name me --no-setup")]);
    crate::rig::finish(shell, b"").succeeded();
    world.helper(&["get"], "protocol=https\nhost=huggingface.co\nusername=me\n").succeeded();
    assert!(!world.helper(&["doctor"], "").out().contains(".huggingface/token holds"));
}
