//! `form`.

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use vestibule_adapters_http::form_document::FormDocument;
use vestibule_domain::form::{FormConfiguration, FormName};

use super::{BadArgument, output::Context};

#[derive(Subcommand)]
pub(super) enum FormCommand {
    /// List all form configurations.
    List,
    /// Show a form configuration, in the form that `set` reads.
    Show {
        /// The form's name.
        #[arg(value_parser = FormName::parse)]
        name: FormName,
    },
    /// Add a form configuration, or replace the one of its name.
    Set {
        /// A JSON file; - for standard input.
        file: PathBuf,
    },
    /// Remove a form configuration.
    Remove {
        /// The form's name.
        #[arg(value_parser = FormName::parse)]
        name: FormName,
    },
}

pub(super) async fn run(command: FormCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    let form = match command {
        FormCommand::List => {
            let forms = operator.forms().await?;
            return context.print(&forms.iter().map(FormDocument::from).collect::<Vec<_>>());
        }
        FormCommand::Show { name } => operator.form(name).await?,
        FormCommand::Set { file } => {
            let form = read(&file, context)?;
            operator.set_form(form.clone()).await?;
            form
        }
        FormCommand::Remove { name } => operator.remove_form(name).await?,
    };
    context.print_document(&FormDocument::from(&form))
}

fn read(file: &Path, context: &mut Context<'_>) -> Result<FormConfiguration> {
    let (name, text) = if file == Path::new("-") {
        ("standard input".to_owned(), std::io::read_to_string(&mut context.input))
    } else {
        (file.display().to_string(), fs::read_to_string(file))
    };
    let text = text.with_context(|| format!("cannot read {name}"))?;
    let refusal = |reason: String| BadArgument(format!("{name} is not a form configuration: {reason}"));
    let document: FormDocument = serde_json::from_str(&text).map_err(|error| refusal(error.to_string()))?;
    Ok(document.into_configuration().map_err(|wrong| refusal(wrong.join("; ")))?)
}
