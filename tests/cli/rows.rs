//! Every row of the state machine, through the program, with a registry of class A: one text for all of them.

use super::{Run, World};

/// Goes through all rows. `world` has environments `dev`, `qa` (the same registry) and `web` (the same, `secret = "omit"`).
pub fn all(world: &World, variables: &[(&str, &str)], replaces: bool) {
    let run = |args: &[&str]| world.run(variables, args, "");
    let of = |app: &str| {
        world.run(variables, &["credential", "show", "--app", app, "--env", "dev", "--reveal", "--json"], "")
    };
    let held = |app: &str| {
        let json = of(app).exits(0).json();
        (json["client_id"].as_str().unwrap().to_owned(), json["client_secret"].as_str().unwrap_or_default().to_owned())
    };
    let origin = |run: Run| run.exits(0).json()["origin"].as_str().unwrap().to_owned();
    let register = |app: &str, more: &[&str]| run(&[&["register", app, "--env", "dev", "--json"], more].concat());
    let set = |app: &str, id: &str, secret: &str| {
        let args =
            ["credential", "set", "--app", app, "--env", "dev", "--client-id", id, "--secret", "stdin", "--replace"];
        world.run(variables, &args, secret).exits(0);
    };
    let forget = |app: &str| run(&["credential", "forget", "--app", app, "--env", "dev"]).exits(0);

    // no / no: the registry generates, both hold it.
    let app = "com.example.rows";
    run(&["register", app, "--env", "dev", "--no-register"]).exits(5).says(&["is not registered in dev"]);
    let first = register(app, &[]).says(&["a NEW application was registered"]);
    assert_eq!(origin(first), "registered");
    let made = held(app);
    assert!(!made.1.is_empty());
    // yes / yes, the same: nothing changes.
    assert_eq!(origin(register(app, &[])), "store");
    assert_eq!(origin(register(app, &["--force"])), "registry");
    assert_eq!(held(app), made);
    // no / yes: what is there comes back, found by the application.
    forget(app);
    let adopted = register(app, &["--no-register"]);
    assert!(!adopted.err.contains("NEW"), "{}", adopted.err);
    assert_eq!(origin(adopted), "registry");
    assert_eq!(held(app), made);
    // yes / no: the local secret is registered as it is.
    let other = "com.example.rows.local";
    set(other, "chosen-by-hand", "local secret");
    assert_eq!(origin(register(other, &["--force"])), "registered");
    forget(other);
    assert_eq!(origin(register(other, &[])), "registry");
    assert_eq!(held(other), ("chosen-by-hand".to_owned(), "local secret".to_owned()));
    // yes / yes, different: a conflict, nothing is overwritten, and both ways out.
    set(app, &made.0, "another secret");
    let conflict = register(app, &["--force"]).exits(9);
    assert!(
        conflict.err.contains("keyed fingerprints") && conflict.err.contains("--take registry"),
        "{}",
        conflict.err
    );
    assert!(!conflict.err.contains("another secret") && !conflict.err.contains(&made.1), "{}", conflict.err);
    assert_eq!(held(app).1, "another secret");
    register(app, &["--take", "registry"]).exits(0);
    assert_eq!(held(app), made);
    // A second environment on the same registry shares it, and resets nothing.
    run(&["register", app, "--env", "qa"]).exits(0);
    assert_eq!(world.credential_with(variables, app, "qa"), made);
    // A public client is given no secret, whether there is one or not.
    let web = run(&["register", app, "--env", "web", "--json"]).exits(0).json();
    assert_eq!((web["client_id"].as_str(), web["has_secret"].as_bool()), (Some(made.0.as_str()), Some(false)));
    let public = run(&["register", "com.example.rows.public", "--env", "web", "--json"]).exits(0).json();
    assert_eq!(public["has_secret"], false);
    run(&["register", "com.example.rows.public", "--env", "dev"]).exits(0);
    let full = held("com.example.rows.public");
    assert_eq!((full.0.as_str(), full.1.is_empty()), (public["client_id"].as_str().unwrap(), false));
    if !replaces {
        return;
    }
    set(app, &made.0, "ours counts");
    register(app, &["--take", "store"]).exits(0);
    forget(app);
    register(app, &[]).exits(0);
    assert_eq!(held(app), (made.0.clone(), "ours counts".to_owned()), "the registry has it");
    // Rotated: the same id, a new secret, in every environment that shares it.
    run(&["register", app, "--env", "qa"]).exits(0);
    let rotated = run(&["credential", "rotate", "--app", app, "--env", "dev"]).exits(0);
    rotated.says(&["has a new secret", "apps that carry the old secret are refused from now on"]);
    let new = held(app);
    assert!(new.0 == made.0 && new.1.len() == 64, "{}", new.0);
    assert_eq!(world.credential_with(variables, app, "qa"), new);
    assert_eq!(origin(register(app, &["--force"])), "registry");
    // Revoked: gone on both sides, and the next registration is another one.
    run(&["credential", "revoke", "--app", app, "--env", "dev"]).exits(0).says(&["revoked", "refused from now on"]);
    of(app).exits(5);
    run(&["register", app, "--env", "dev", "--no-register"]).exits(5);
    assert_eq!(origin(register(app, &[])), "registered");
    assert_ne!(held(app).0, made.0, "an id is never given again");
}
