//! PNG files: the picture as points, compressed; the same bytes on every machine.

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::colour::{Rgb, Theme};
use crate::layout::{Page, page};
use crate::raster::{Image, raster};
use crate::scene::Scene;

/// How hard the compression tries, of 10.
const EFFORT: u8 = 2;

/// A scene as a PNG file with so many points for each pixel of the page, from 1 to 8.
pub fn png(scene: &Scene, theme: Theme, scale: u32) -> Vec<u8> {
    page_png(&page(scene, theme), scale)
}

/// A page as a PNG file.
pub fn page_png(page: &Page, scale: u32) -> Vec<u8> {
    encode(&raster(page, scale.clamp(1, 8)))
}

fn encode(image: &Image) -> Vec<u8> {
    let palette = Palette::of(&image.data);
    let mut lines = Vec::with_capacity((image.width + 1) * image.height);
    for line in image.data.chunks((image.width * 3).max(1)) {
        // Each row says how it is filtered: not at all.
        lines.push(0);
        palette.write(line, &mut lines);
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&(image.width as u32).to_be_bytes());
    header.extend_from_slice(&(image.height as u32).to_be_bytes());
    // Eight bits, which are places in a palette; the compression, filters and order that all files have.
    header.extend_from_slice(&[8, 3, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"PLTE", &palette.colours.concat());
    chunk(&mut file, b"IDAT", &compress_to_vec_zlib(&lines, EFFORT));
    chunk(&mut file, b"IEND", &[]);
    file
}

/// A picture has a few inks and what is between them and the paper, so that a byte for each point is enough: it is written
/// in a third of the time, and read everywhere.
struct Palette {
    colours: Vec<Rgb>,
    /// The place of each cell's colours.
    places: Vec<u8>,
}

/// Colours that are so near that nobody tells them apart at the edge of a line.
#[derive(Clone, Copy, Default)]
struct Cell {
    points: usize,
    /// The colour that most of the points have, if there is one (Boyer and Moore's majority vote): inks stay what they are.
    colour: Rgb,
    votes: usize,
}

const COLOURS: usize = 256;
/// Five, six and five bits of red, green and blue.
const CELLS: usize = 1 << 16;

fn cell([r, g, b]: Rgb) -> usize {
    usize::from(r >> 3) << 11 | usize::from(g >> 2) << 5 | usize::from(b >> 3)
}

/// The points one by one.
fn points(data: &[u8]) -> impl Iterator<Item = Rgb> {
    data.chunks_exact(3).map(|p| [p[0], p[1], p[2]])
}

impl Palette {
    fn of(data: &[u8]) -> Palette {
        let mut cells = vec![Cell::default(); CELLS];
        let mut count = |rgb: Rgb, points: usize| {
            let own = &mut cells[cell(rgb)];
            own.points += points;
            if own.colour == rgb {
                own.votes += points;
            } else if own.votes >= points {
                own.votes -= points;
            } else {
                (own.colour, own.votes) = (rgb, points - own.votes);
            }
        };
        // Neighbours mostly are of one colour.
        let (mut last, mut run) = ([0; 3], 0);
        for rgb in points(data) {
            if rgb != last {
                count(last, run);
                (last, run) = (rgb, 0);
            }
            run += 1;
        }
        count(last, run);
        let mut used: Vec<usize> = (0..CELLS).filter(|k| cells[*k].points > 0).collect();
        used.sort_by_key(|k| (std::cmp::Reverse(cells[*k].points), *k));
        let colours: Vec<Rgb> = used.iter().take(COLOURS).map(|k| cells[*k].colour).collect();
        let apart = |a: Rgb, b: Rgb| -> u32 { a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum() };
        let mut places = vec![0; CELLS];
        for (k, own) in used.into_iter().enumerate() {
            let nearest = || (0..colours.len()).min_by_key(|at| apart(colours[*at], cells[own].colour)).unwrap_or(0);
            let place = if k < COLOURS { k } else { nearest() };
            places[own] = place as u8;
        }
        Palette { colours, places }
    }

    fn write(&self, line: &[u8], out: &mut Vec<u8>) {
        out.extend(points(line).map(|rgb| self.places[cell(rgb)]));
    }
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
