//! `serve` and `send`: with each other, with netcat and Python at the other end, and interrupted.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::run::{LIMIT, Running, Said, connected, free_port, has, run, said, tcpshake, words};

/// A server that listens, and its port.
fn serving(arguments: &str) -> (Running, u16) {
    let port = free_port();
    let mut server = Running::start(&mut words(&format!("serve --port {port} {arguments}")));
    server.err_until(&format!(":{port}; Ctrl-C ends it"));
    (server, port)
}

/// Interrupts the server and checks that it leaves nothing behind.
#[track_caller]
fn interrupted(server: Running, signal: &str, port: u16) -> Said {
    server.signal(signal);
    let ended = server.end().with_code(0);
    assert!(ended.out.starts_with("waiting for client's request\n"), "{}", ended.out);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    ended
}

/// A Python program with an alarm clock of its own.
fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    let script = format!("import signal, socket, sys\nsignal.alarm({})\n{script}", LIMIT.as_secs());
    command.args(["-c", &script]);
    command
}

/// A Python server: it tells its port, reads to the end of what comes, prints that, and closes.
const PYTHON_SERVER: &str = "l = socket.create_server(('127.0.0.1', 0))\n\
                             print(l.getsockname()[1], flush=True)\nc, _ = l.accept()\n\
                             sys.stdout.write(repr(c.makefile('rb').read()))\n";

#[test]
fn the_two_with_each_other() {
    let (mut server, port) = serving("");
    run(&format!("send 127.0.0.1 hello --port {port}")).quietly();
    server.out_until("recv msg from client: hello");
    run(&format!("send localhost second --port {port}")).quietly();
    server.out_until("recv msg from client: second");
    let ended = interrupted(server, "INT", port);
    assert!(ended.out.ends_with("served 2 clients\n"), "{}", ended.out);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
}

#[test]
fn a_signal_ends_the_server_whatever_it_does() {
    for signal in ["INT", "TERM"] {
        let (server, port) = serving("");
        let ended = interrupted(server, signal, port);
        assert!(ended.out.ends_with("served 0 clients\n"), "idle: {}", ended.out);

        let (mut server, port) = serving("");
        let mut client = connected(port);
        client.write_all(b"half a conv").unwrap();
        server.out_until("half a conv");
        let ended = interrupted(server, signal, port);
        assert!(ended.out.contains("recv msg from client: half a conv\n"), "{}", ended.out);
        // The connection was given back: the client reads its end.
        let _ = client.read(&mut [0]).map(|count| assert_eq!(count, 0));
    }
}

#[test]
fn a_server_that_was_told_to_ends_with_its_input() {
    let port = free_port();
    let mut command = words(&format!("serve --port {port} --while-input"));
    let mut server = Running::start(command.stdin(Stdio::piped()));
    let mut input = server.input();
    server.out_until("waiting for client's request");
    // What comes there means nothing; its end does.
    input.write_all(b"stay\n").unwrap();
    run(&format!("send 127.0.0.1 hello --port {port}")).quietly();
    server.out_until("recv msg from client: hello");
    drop(input);
    let ended = server.end().with_code(0);
    assert!(ended.out.ends_with("served 1 client\n"), "{}", ended.out);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
}

#[test]
fn the_port_can_be_taken_again_at_once() {
    let port = free_port();
    for round in ["one", "two", "three"] {
        let mut server = Running::start(&mut words(&format!("serve --port {port}")));
        server.err_until("listening on");
        run(&format!("send 127.0.0.1 {round} --port {port}")).quietly();
        server.out_until(round);
        interrupted(server, "INT", port);
    }
}

#[test]
fn a_server_without_a_reader_ends_quietly() {
    let (mut server, port) = serving("");
    server.out_until("waiting");
    server.stop_reading();
    // The first line may still be on its way to the reader that is leaving; the client that finds nobody ends it.
    for _ in 0..100 {
        if said(&mut words(&format!("send 127.0.0.1 x --port {port}"))).code != Some(0) {
            break;
        }
    }
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
}

#[test]
fn quiet_and_verbose() {
    let port = free_port();
    let mut server = Running::start(&mut words(&format!("serve -q --port {port}")));
    server.out_until("waiting");
    let verbose = run(&format!("send -v 127.0.0.1 hello --port {port}")).with_code(0);
    assert_eq!(verbose.out, "");
    for call in ["socket(AF_INET, SOCK_STREAM) = ", "connect(127.0.0.1:", "send(5) = 5", "close() = 0"] {
        assert!(verbose.err.contains(&format!(" client {call}")), "{call}: {}", verbose.err);
    }
    server.out_until("hello");
    let quiet = interrupted(server, "INT", port);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_line_of_standard_input_is_the_message() {
    let (mut server, port) = serving("");
    let mut asked = Running::start(words(&format!("send 127.0.0.1 --port {port}")).stdin(Stdio::piped()));
    let mut input = asked.input();
    input.write_all("größer\nand not this\n".as_bytes()).unwrap();
    drop(input);
    assert_eq!(asked.end().with_code(0).err, "send msg to server: ");
    server.out_until("recv msg from client: größer");
    let ended = interrupted(server, "INT", port);
    assert!(!ended.out.contains("and not this"), "{}", ended.out);
}

#[test]
fn netcat_as_the_client() {
    if !has("nc", "netcat as the client") {
        return;
    }
    let (mut server, port) = serving("");
    let mut netcat = Command::new("nc");
    netcat.args(["-N", "-w", "20", "127.0.0.1", &port.to_string()]).stdin(Stdio::piped());
    let mut netcat = Running::start(&mut netcat);
    netcat.input().write_all(b"from netcat\n").unwrap();
    netcat.end().with_code(0);
    server.out_until("recv msg from client: from netcat");
    interrupted(server, "INT", port);
}

#[test]
fn python_as_the_client() {
    if !has("python3", "Python as the client") {
        return;
    }
    let (mut server, port) = serving("");
    let talk = format!(
        "s = socket.create_connection(('127.0.0.1', {port}))\ns.sendall('grüße\\x1b[31m'.encode())\n\
         s.shutdown(socket.SHUT_WR)\nassert s.recv(1) == b''\n"
    );
    said(&mut python(&talk)).quietly();
    let line = server.out_until("recv msg from client: ");
    assert_eq!(line, "recv msg from client: grüße\\u{1b}[31m\n", "nothing that could harm a terminal");
    let reset = format!(
        "import struct\ns = socket.create_connection(('127.0.0.1', {port}))\n\
         s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()\n"
    );
    said(&mut python(&reset)).quietly();
    server.err_until("ECONNRESET");
    interrupted(server, "INT", port);
}

#[test]
fn netcat_as_the_server() {
    if !has("nc", "netcat as the server") {
        return;
    }
    let port = free_port();
    let mut netcat = Command::new("nc");
    netcat.args(["-lv", "127.0.0.1", &port.to_string()]).stdin(Stdio::null());
    let mut netcat = Running::start(&mut netcat);
    netcat.err_until("istening on");
    run(&format!("send 127.0.0.1 hello --port {port}")).quietly();
    assert_eq!(netcat.end().out, "hello");
}

#[test]
fn python_as_the_server() {
    if !has("python3", "Python as the server") {
        return;
    }
    for (message, received) in [("hello", "b'hello'"), ("", "b''"), ("ä\u{1}", "b'\\xc3\\xa4\\x01'")] {
        let mut server = Running::start(&mut python(PYTHON_SERVER));
        let port = server.out_until("\n");
        said(&mut tcpshake(["send", "127.0.0.1", message, "--port", port.trim()])).quietly();
        assert_eq!(server.end().with_code(0).out, format!("{port}{received}"));
    }
}

#[test]
fn the_client_can_be_interrupted_while_it_asks() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut asking = words(&format!("send -v 127.0.0.1 --port {port}"));
    let mut asking = Running::start(asking.stdin(Stdio::piped()));
    asking.err_until(&format!("connect(127.0.0.1:{port}) = 0"));
    asking.signal("INT");
    assert_eq!(asking.end().code, None, "as any program that reads from a terminal");
    let (mut stream, _) = listener.accept().unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "its kernel closes for it");
}
