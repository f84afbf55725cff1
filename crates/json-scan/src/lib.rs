#![doc = include_str!("../README.md")]

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod block;
mod blocks;
mod brackets;
mod check;
mod grammar;
mod kernel;
mod layout;
mod plain;
mod scanner;
mod task;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use block::{BLOCK, Block, OwnBytes, bits};
pub use blocks::Blocks;
pub use brackets::Brackets;
pub use check::Checker;
pub use grammar::SyntaxError;
pub use kernel::{KERNEL_VARIABLE, Kernel};
pub use layout::find::LayoutFinder;
pub use layout::list::{LayoutView, Layouts};
pub use layout::{Depth, Layout, MAX_LEVEL, Nested};
pub use scanner::Scanner;
pub use task::Task;
