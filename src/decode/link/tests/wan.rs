//! MPLS, PPP in all its framings, Cisco HDLC, Frame Relay, and ATM.

use super::*;
use crate::decode::samples::ethernet;

const MPLS: LinkType = LinkType::MPLS;

/// `count` labels, the last one at the bottom.
fn labels(count: usize) -> Vec<u8> {
    let mut octets = [0x00, 0x01, 0x40, 0x3f].repeat(count);
    let bottom = octets.len() - 2;
    octets[bottom] |= 1;
    octets
}

#[test]
fn a_stack_of_labels_has_ip_behind_it() {
    for count in [1, 2, 7, 300] {
        is_needed_whole(MPLS, &labels(count), &[Layer::Mpls]);
        assert_eq!(read(MPLS, &join(&[&labels(count), SIX])), ('6', count * 4));
    }
    assert_eq!(error(MPLS, &labels(1)).fault, Fault::TooShort { needed: 1, got: 0 }, "nothing behind it");
    for number in [0x8847, 0x8848] {
        assert_eq!(read(LinkType::ETHERNET, &ethernet(&[], number, &join(&[&labels(2), FOUR]))), ('4', 22));
    }
    assert_eq!(
        read(MPLS, &join(&[&labels(1), &[0x10, 0, 0, 0x21]])),
        ('-', 0),
        "a channel beside the pseudowire"
    );
}

#[test]
fn a_pseudowire_with_a_control_word_and_without() {
    let inner = |first: u8, number: u16| {
        let mut frame = ethernet(&[], number, &[]);
        frame[0] = first;
        frame
    };
    // Addresses that begin like a control word, and ones that do not.
    for first in [0x00, 0x02, 0x0c, 0x28, 0x3c, 0x80, 0xa4, 0xfe] {
        for (number, packet, version) in [(0x0800, FOUR, '4'), (0x86dd, SIX, '6')] {
            let frame = join(&[&inner(first, number), packet]);
            assert_eq!(read(MPLS, &join(&[&labels(1), &[0, 0, 0, 0], &frame])), (version, 22), "{first}");
            assert_eq!(
                read(MPLS, &join(&[&labels(1), &[0, 0, 0x45, 0x67], &frame])),
                (version, 22),
                "{first}"
            );
            assert_eq!(read(MPLS, &join(&[&labels(1), &frame])), (version, 18), "{first}");
        }
    }
    // Addresses that begin like IP, but whose next octets are none of its lengths.
    for address in
        [[0x4c, 0, 0, 0, 0x53, 2], [0x48, 0x5b, 0x39, 0x11, 0x22, 0x33], [0x60, 0x38, 0xe0, 1, 0xff, 3]]
    {
        let mut frame = ethernet(&[], 0x0800, FOUR);
        frame[..6].copy_from_slice(&address);
        assert_eq!(read(MPLS, &join(&[&labels(1), &frame])), ('4', 18), "{address:x?}");
    }
    // IP from 8.0.69.0 looks like Ethernet, and its lengths say that it is not.
    let mut ip = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 6, 0, 0, 8, 0, 69, 1];
    ip.resize(28, 0);
    assert_eq!(read(MPLS, &join(&[&labels(1), &ip])), ('4', 4));
    let tagged = ethernet(&[0x8100], 0x0800, FOUR);
    assert_eq!(read(MPLS, &join(&[&labels(1), &[0, 0, 0, 0], &tagged])), ('4', 26));
    assert_eq!(read(MPLS, &join(&[&labels(1), &tagged])), ('4', 22));
    // A frame with a length has nothing to be known by: the control word is what is common.
    let llc = ethernet(&[], 40, &join(&[SNAP, FOUR]));
    assert_eq!(read(MPLS, &join(&[&labels(1), &[0, 0, 0, 0], &llc])), ('4', 30));
    assert_eq!(read(MPLS, &join(&[&labels(1), &inner(0x80, 0x1234), FOUR])), ('-', 0));
    assert_eq!(error(MPLS, &join(&[&labels(1), &[0, 0, 0]])).layer, Layer::Mpls);
}

#[test]
fn ppp_with_address_and_control_or_without() {
    let ip: [&[u8]; 4] = [&[0xff, 0x03, 0, 0x21], &[0, 0x21], &[0x21], &[0xff, 0x03, 0x21]];
    for link in [LinkType::PPP, LinkType::PPP_HDLC] {
        for header in ip {
            assert_eq!(read(link, &join(&[header, FOUR])), ('4', header.len()));
        }
        assert_eq!(read(link, &join(&[&[0xff, 0x03, 0, 0x57], SIX])), ('6', 4));
        assert_eq!(read(link, &[0xff, 0x03, 0xc0, 0x21, 1]), ('-', 0), "LCP");
        assert_eq!(read(link, &[0xff, 0x03, 0, 0x2d, 1]), ('-', 0), "compressed TCP/IP");
        assert_eq!(read(link, &join(&[&[0xff, 0x03, 0x02, 0x81], &labels(2), FOUR])), ('4', 12));
        assert_eq!(read(link, &join(&[&[0x02, 0x83], &labels(1), SIX])), ('6', 6));
        for short in [&[][..], &[0], &[0xff, 0x03], &[0xff, 0x03, 0]] {
            assert_eq!(error(link, short).layer, Layer::Ppp);
        }
    }
    assert_eq!(read(LinkType::PPP, &[0xff, 0x13, 0, 0x21]), ('-', 0), "an address without its control");
}

#[test]
fn ppp_with_a_direction() {
    for direction in [0, 1] {
        is_needed_whole(LinkType::PPP_PPPD, &[direction, 0x03, 0, 0x21], &[Layer::Ppp]);
        let layers = [Layer::Capture, Layer::Ppp];
        let whole = [direction, 0xff, 0x03, 0, 0x21];
        assert_eq!(read(LinkType::PPP_WITH_DIR, &join(&[&whole, FOUR])), ('4', 5));
        is_needed_whole(LinkType::PPP_WITH_DIR, &[direction, 0, 0x21], &layers);
        let layers = [Layer::Capture, Layer::CiscoHdlc];
        is_needed_whole(LinkType::C_HDLC_WITH_DIR, &[direction, 0x0f, 0, 8, 0], &layers);
        let layers = [Layer::Capture, Layer::FrameRelay];
        is_needed_whole(LinkType::FRELAY_WITH_DIR, &[direction, 0x18, 0x41, 3, 0xcc], &layers);
    }
}

#[test]
fn ppp_over_ethernet() {
    let session = [0x11, 0, 0, 9, 0, 40, 0, 0x21];
    is_needed_whole(LinkType::PPP_ETHER, &session, &[Layer::PppoE, Layer::Ppp]);
    let layers = [Layer::Ethernet, Layer::PppoE, Layer::Ppp];
    is_needed_whole(LinkType::ETHERNET, &ethernet(&[], 0x8864, &session), &layers);
    assert_eq!(read(LinkType::PPP_ETHER, &[0x11, 0x09, 0, 0, 0, 0]), ('-', 0), "discovery");
    assert_eq!(read(LinkType::ETHERNET, &ethernet(&[], 0x8863, &[0x11])), ('-', 0), "discovery");
    assert_eq!(read(LinkType::ETHERNET, &ethernet(&[], 0x880b, &join(&[&[0, 0x57], SIX]))), ('6', 16));
}

#[test]
fn cisco_s_hdlc() {
    for link in [LinkType::C_HDLC, LinkType::PPP_HDLC] {
        for address in [0x0f, 0x8f] {
            assert_eq!(read(link, &join(&[&[address, 0, 8, 0], FOUR])), ('4', 4));
            assert_eq!(read(link, &join(&[&[address, 0, 0x88, 0x47], &labels(1), SIX])), ('6', 8));
            assert_eq!(read(link, &[address, 0, 0x80, 0x35, 0]), ('-', 0), "SLARP");
            assert_eq!(read(link, &join(&[&[address, 0, 0, 40], SNAP])), ('-', 0), "a number, not a length");
            assert_eq!(error(link, &[address, 0, 8]).layer, Layer::CiscoHdlc);
        }
        assert_eq!(read(link, &join(&[&[0xff, 0x03, 0, 0x21], FOUR])), ('4', 4), "PPP");
    }
}

#[test]
fn frame_relay() {
    let link = LinkType::FRELAY;
    let layers = [Layer::FrameRelay, Layer::Snap];
    for address in [&[0x18, 0x41][..], &[0x18, 0x40, 0x41], &[0x18, 0x40, 0x40, 0x41]] {
        for (id, version) in [(0xcc, '4'), (0x8e, '6')] {
            assert_eq!(read(link, &join(&[address, &[3, id], FOUR])), (version, address.len() + 2));
            assert_eq!(read(link, &join(&[address, &[3, 0, id], FOUR])), (version, address.len() + 3));
        }
        is_needed_whole(link, &join(&[address, &[3, 0, 0x80, 0, 0, 0, 8, 0]]), &layers);
        is_needed_whole(link, &join(&[address, &[8, 0]]), &layers);
        assert_eq!(read(link, &join(&[address, &[3, 0xcf, 0, 0x21], FOUR])), ('4', address.len() + 4));
        assert_eq!(read(link, &join(&[address, &[3, 0x08, 9]])), ('-', 0), "Q.933");
    }
    let bridged = join(&[&[0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7], &ethernet(&[], 0x0800, FOUR)]);
    assert_eq!(read(link, &bridged), ('4', 24));
    assert_eq!(read(link, &[0; 40]), ('-', 0), "an address without an end");
}

#[test]
fn atm() {
    let link = LinkType::ATM_RFC1483;
    is_needed_whole(link, SNAP, &[Layer::Llc, Layer::Snap]);
    is_needed_whole(link, &[0xfe, 0xfe, 3, 0xcc], &[Layer::Llc]);
    is_needed_whole(link, &[6, 6, 3], &[Layer::Llc]);
    let bridged = join(&[&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0], &ethernet(&[], 0x0800, &[])]);
    is_needed_whole(link, &bridged, &[Layer::Llc, Layer::Snap, Layer::Ethernet]);
    assert_eq!(read(link, &join(&[&[0xfe, 0xfe, 3, 0xcf, 0, 0x57], SIX])), ('6', 6));
    assert_eq!(read(link, &[0xfe, 0xfe, 3, 0x83]), ('-', 0), "IS-IS");
}
