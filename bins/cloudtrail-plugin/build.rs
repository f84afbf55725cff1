//! Keeps the shared object loaded once it is.

fn main() {
    // A look-up of a host's name runs in a thread that cannot be cancelled. Were the object unmapped when Falco unloads
    // the plugin, as dlclose(3) does, such a thread would come back to code that is gone.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rerun-if-changed=build.rs");
}
