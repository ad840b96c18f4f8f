//! `socklet-bindgen MODULE DIRECTORY`: makes the JavaScript glue of a module built for
//! `wasm32-unknown-unknown`, as ES modules that load it from wherever they are told.

use std::{env, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [module, directory] = args.as_slice() else {
        eprintln!("usage: socklet-bindgen MODULE DIRECTORY");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let web = bindgen.web(true).map(|bindgen| {
        bindgen
            .input_path(module)
            .out_name("glue")
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(directory)
    });
    match web {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) | Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
