//! The table of settings as a reference: text for `--help`, and Markdown.

use std::fmt::Write;

use crate::Setting;

/// Returns a heading and a paragraph for each setting, for `--help`. `wrap` breaks a paragraph into lines.
#[must_use]
pub fn help(settings: &[&Setting], wrap: impl Fn(&str) -> Vec<String>) -> String {
    let mut text = String::new();
    for setting in settings {
        let variable = setting.variable.map(|name| format!(" [env: {name}]")).unwrap_or_default();
        let default = match setting.default {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {}{variable}{default}", setting.name());
        let also = setting.also.map(|(key, name)| format!(" Other names: {key}, {name}.")).unwrap_or_default();
        let about = format!("{}. {}{also}", setting.about.replace('`', ""), setting.rule.sentence());
        text.extend(wrap(&about).into_iter().map(|line| line + "\n"));
    }
    text.truncate(text.trim_end().len());
    text
}

/// Returns a list with an item for each setting, in Markdown.
#[must_use]
pub fn markdown(settings: &[&Setting]) -> String {
    let mut text = String::new();
    for setting in settings {
        let variable: String = setting.variables().map(|name| format!(", `{name}`")).collect();
        let default = match setting.default {
            "" => String::new(),
            default => format!(" (default: `{default}`)"),
        };
        let note = match setting.note {
            "" => String::new(),
            note => format!(" ({note})"),
        };
        let (name, about, rule) = (setting.name(), setting.about, setting.rule.sentence());
        let also = setting.also.map(|(key, _)| format!(" or `{key}`")).unwrap_or_default();
        let _ = writeln!(text, "- `{name}`{also}{variable}{default}{note}: {about}. {rule}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::SETTINGS;
    use expect_test::expect;

    #[test]
    fn a_help_text_and_a_list() {
        let text = format!("Settings:\n{}", help(SETTINGS, |text| vec![format!("      {text}")]));
        expect![[r#"
            Settings:
              server.port [env: PORT] [default: 8080]
                  The port to listen on. A whole number from 1 to 65535.
              server.token [env: TOKEN]
                  The token that clients send. Any text.
              server.region
                  Where it runs, such as eu-west-1. A region.
              log.to [env: LOG_TO] [default: stdout]
                  Places of the log. One or more of stdout, file, separated by commas.
              log.colour [default: true]
                  Use colour. true or false. Other names: color, LOG_COLOR."#]]
        .assert_eq(&text);
        expect![[r#"
            - `server.port`, `PORT` (default: `8080`): The port to listen on. A whole number from 1 to 65535.
            - `server.token`, `TOKEN`: The token that clients send. Any text.
            - `server.region`: Where it runs, such as `eu-west-1`. A region.
            - `log.to`, `LOG_TO` (default: `stdout`): Places of the log. One or more of stdout, file, separated by commas.
            - `log.colour` or `color`, `LOG_COLOR` (default: `true`) (new): Use colour. true or false.
        "#]]
        .assert_eq(&markdown(SETTINGS));
    }
}
