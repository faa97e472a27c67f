//! Packing values, and unpacking what nothing packed.

use proptest::prelude::*;

use super::*;

fn again<T: Pack>(value: &T) -> Option<T> {
    Unpacker::unpack(&Packer::default().pack(value))
}

#[test]
fn what_is_near_takes_few_octets() {
    let mut packer = Packer::default();
    let times = vec![Timestamp(1_767_225_600_000_000_000), Timestamp(1_767_225_600_000_020_000)];
    assert_eq!(packer.pack(&times).len(), 1 + 9 + 3);
    assert_eq!(packer.pack(&vec![SeqNumber(u32::MAX), SeqNumber(0), SeqNumber(1)]).len(), 4);
    assert_eq!(packer.pack(&vec![true; 9]).len(), 3);
    assert_eq!(packer.pack(&[0_u64; 12]).len(), 2);
}

proptest! {
    #[test]
    fn values_come_back(
        numbers: Vec<(u64, u32)>, signed: i64, truths: Vec<bool>, text: String,
        seqs: Vec<u32>, times: Vec<u64>, array: [u16; 5], socket: std::net::SocketAddr,
    ) {
        let seqs: Vec<SeqNumber> = seqs.into_iter().map(SeqNumber).collect();
        let times: Vec<(Timestamp, bool)> = times.into_iter().map(|time| (Timestamp(time), time % 2 == 0)).collect();
        let socket = std::net::SocketAddr::new(socket.ip(), socket.port());
        let all = ((numbers, signed), ((truths, text), ((seqs, times), (array, Some(socket)))));
        prop_assert_eq!(again(&all), Some(all));
    }

    #[test]
    fn foreign_octets_do_no_harm(octets: Vec<u8>) {
        let _: Option<Vec<(Vec<SeqNumber>, Option<String>)>> = Unpacker::unpack(&octets);
        let _: Option<([u64; 9], (Moment, bool))> = Unpacker::unpack(&octets);
    }
}
