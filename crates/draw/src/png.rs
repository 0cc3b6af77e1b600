//! PNG files: the picture as points, compressed; the same bytes on every machine.

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::colour::Theme;
use crate::layout::{Page, page};
use crate::raster::{Image, raster};
use crate::scene::Scene;

/// How hard the compression tries, of 10.
const EFFORT: u8 = 5;

/// A scene as a PNG file with so many points for each pixel of the page, from 1 to 8.
pub fn png(scene: &Scene, theme: Theme, scale: u32) -> Vec<u8> {
    page_png(&page(scene, theme), scale)
}

/// A page as a PNG file.
pub fn page_png(page: &Page, scale: u32) -> Vec<u8> {
    encode(&raster(page, scale.clamp(1, 8)))
}

fn encode(image: &Image) -> Vec<u8> {
    let row = image.width * 3;
    let mut lines = Vec::with_capacity((row + 1) * image.height);
    for line in image.data.chunks(row.max(1)) {
        // Each row says how it is filtered: not at all.
        lines.push(0);
        lines.extend_from_slice(line);
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&(image.width as u32).to_be_bytes());
    header.extend_from_slice(&(image.height as u32).to_be_bytes());
    // Eight bits, red, green and blue; the compression, filters and order that all files have.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &compress_to_vec_zlib(&lines, EFFORT));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let sum = crc(&file[start..]);
    file.extend_from_slice(&sum.to_be_bytes());
}

/// The checksum of PNG (ISO 3309), four bits at a time.
fn crc(data: &[u8]) -> u32 {
    let table: [u32; 16] =
        std::array::from_fn(|n| (0..4).fold(n as u32, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }));
    let step = |c: u32, bits: u32| table[((c ^ bits) & 15) as usize] ^ (c >> 4);
    !data.iter().fold(u32::MAX, |c, byte| step(step(c, u32::from(*byte)), u32::from(*byte) >> 4))
}
