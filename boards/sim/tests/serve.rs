//! The served card as a client process sees it: no machine, no driver, only the socket.
//!
//! The native engine runs the card, so that nothing needs to be installed.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lumenport_sim::BoardConfig;
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::serve::{CardServer, Event, ServeError, ServeOptions};
use vfio_user::Client;

const CONFIG: u32 = 7;
const REGISTERS_BAR: u32 = 2;
const COMMAND: u64 = 4;
const BAR2: u64 = 0x18;

fn config() -> BoardConfig {
    let mut config = BoardConfig::default();
    config.engine.choice = EngineChoice::Native;
    config
}

fn socket(name: &str) -> PathBuf {
    let file = format!("lumenport-serve-{}-{name}", std::process::id());
    std::env::temp_dir().join(file)
}

/// A server in a thread of its own, which lives until the test program ends; tells how each session ended.
fn serve(name: &str) -> (PathBuf, Receiver<Option<String>>) {
    let path = socket(name);
    let server = CardServer::new(&config(), &ServeOptions::default(), &path)
        .expect("the card can be served");
    let (ended, told) = channel();
    std::thread::spawn(move || {
        server.run(false, |event| {
            if let Event::Ended { trouble, .. } = event {
                // The test may be over already.
                let _ = ended.send(trouble.clone());
            }
        })
    });
    (path, told)
}

/// How the session that was just left ended. The bound is for a test that hangs, not for one that is slow.
fn end(told: &Receiver<Option<String>>) -> Option<String> {
    let bound = Duration::from_mins(2);
    told.recv_timeout(bound).expect("the session ends")
}

fn connect(path: &Path) -> Client {
    Client::new(path).expect("the server accepts")
}

fn read32(client: &mut Client, region: u32, offset: u64) -> u32 {
    let mut bytes = [0; 4];
    let read = client.region_read(region, offset, &mut bytes);
    read.expect("the region can be read");
    u32::from_le_bytes(bytes)
}

fn write32(client: &mut Client, region: u32, offset: u64, value: u32) {
    let written = client.region_write(region, offset, &value.to_le_bytes());
    written.expect("the region can be written");
}

#[test]
fn a_client_sizes_and_places_the_card_and_reads_its_identity() {
    let (path, told) = serve("identity");
    let mut client = connect(&path);
    let size = |index| client.region(index).expect("it is there").size;
    assert_eq!(
        (size(0), size(1), size(REGISTERS_BAR)),
        (4 << 20, 0, 64 << 10)
    );
    assert_eq!(size(CONFIG), 4096);
    assert_eq!(read32(&mut client, CONFIG, 0), 0x1111_1234);

    write32(&mut client, CONFIG, BAR2, u32::MAX);
    let mask = read32(&mut client, CONFIG, BAR2) & !0xF;
    assert_eq!(mask, !0xFFFF, "64 KiB, as the region says");
    assert_eq!(
        read32(&mut client, REGISTERS_BAR, 0x1000),
        u32::MAX,
        "not decoding yet"
    );

    // Bytes and halves reach the right lanes.
    client
        .region_write(CONFIG, BAR2 + 2, &[0x34, 0x12])
        .expect("two bytes");
    client
        .region_write(CONFIG, BAR2, &[0; 2])
        .expect("two bytes");
    assert_eq!(read32(&mut client, CONFIG, BAR2) & !0xF, 0x1234_0000);
    write32(&mut client, CONFIG, COMMAND, 2);
    let magic = read32(&mut client, REGISTERS_BAR, 0x1000);
    let mut bytes = [0; 4];
    for (lane, byte) in bytes.iter_mut().enumerate() {
        let read = client.region_read(
            REGISTERS_BAR,
            0x1000 + lane as u64,
            std::slice::from_mut(byte),
        );
        read.expect("a byte can be read");
    }
    assert_ne!(magic, u32::MAX);
    assert_eq!(u32::from_le_bytes(bytes), magic);

    // Moving the BAR moves the accesses.
    write32(&mut client, CONFIG, BAR2, 0x2000_0000);
    assert_eq!(read32(&mut client, REGISTERS_BAR, 0x1000), magic);

    client.reset().expect("it can be reset");
    assert_eq!(
        read32(&mut client, CONFIG, COMMAND) & 6,
        0,
        "reset clears the command register"
    );
    drop(client);
    assert_eq!(end(&told), None);
}

#[test]
fn the_next_client_finds_a_fresh_card() {
    let (path, told) = serve("fresh");
    let mut first = connect(&path);
    write32(&mut first, CONFIG, BAR2, 0x3000_0000);
    write32(&mut first, CONFIG, COMMAND, 2);
    drop(first);
    assert_eq!(end(&told), None);
    let mut second = connect(&path);
    assert_eq!(read32(&mut second, CONFIG, BAR2) & !0xF, 0);
    assert_eq!(read32(&mut second, CONFIG, COMMAND) & 6, 0);
}

#[test]
fn garbage_ends_a_session_and_not_the_server() {
    let (path, told) = serve("garbage");
    let streams: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\nHost: card\r\n\r\n",
        &[0xFF; 64],
        // A version message whose text is not closed by a zero byte.
        &[
            1, 0, 1, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, b'{', b'}',
        ],
        // Half a header.
        &[1, 0, 9],
    ];
    for bytes in streams {
        let mut stream = UnixStream::connect(&path).expect("the server listens");
        stream.write_all(bytes).expect("it takes bytes");
        stream
            .shutdown(std::net::Shutdown::Write)
            .expect("it is open");
        let mut answer = Vec::new();
        // Whatever it says, it ends.
        let _ = stream.read_to_end(&mut answer);
        end(&told);
    }
    let mut client = connect(&path);
    assert_eq!(read32(&mut client, CONFIG, 0), 0x1111_1234);
    let mut bytes = [0; 8];
    let read = client.region_read(CONFIG, 4092, &mut bytes);
    read.expect("there is an answer");
    assert_eq!(bytes, [0xFF; 8], "outside the region");
}

#[test]
fn a_path_in_use_is_refused_and_a_dead_servers_socket_is_replaced() {
    let (path, _told) = serve("taken");
    let refused = CardServer::new(&config(), &ServeOptions::default(), &path).err();
    assert!(
        matches!(refused, Some(ServeError::SocketTaken { .. })),
        "{refused:?}"
    );

    let dead = socket("dead");
    drop(std::os::unix::net::UnixListener::bind(&dead).expect("a socket can be made"));
    assert!(dead.exists());
    drop(
        CardServer::new(&config(), &ServeOptions::default(), &dead)
            .expect("the dead server's socket is replaced"),
    );
    assert!(!dead.exists(), "a server takes its socket with it");

    std::fs::write(&dead, "text").expect("a file can be made");
    let refused = CardServer::new(&config(), &ServeOptions::default(), &dead).err();
    assert!(
        matches!(refused, Some(ServeError::SocketTaken { .. })),
        "{refused:?}"
    );
    std::fs::remove_file(&dead).expect("it is ours");
}
