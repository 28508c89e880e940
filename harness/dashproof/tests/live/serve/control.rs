//! The control API: what it takes, what it refuses and why.

use libtest_mimic::{Failed, Trial};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::serve::{command::Served, lines::block_on, waiting::until};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("incidents_come_and_go_by_the_control_api", incidents),
        Trial::test("a_restart_by_the_control_api_resets_one_module", restart),
        Trial::test("what_the_control_api_refuses_it_explains", refusals),
    ]
}

fn served() -> Served {
    Served::start(&["chat", "--ports", "0", "--format", "json"], 4)
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    let document = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    (status, document)
}

fn incidents() -> Result<(), Failed> {
    let (served, client) = (served(), Client::new());
    let control = served.control();
    let state = async || answer(client.get(format!("{control}/state"))).await.1;
    block_on(async {
        let before = state().await;
        assert_eq!((&before["scenario"], &before["incidents"]), (&json!("chat"), &json!([])));
        assert_eq!(before["modules"][2]["url"], served.url("llm-provider"));
        let outage =
            json!({ "for": "10m", "provider_outage": { "provider": "openai", "failing": "90%" } });
        let (status, told) =
            answer(client.post(format!("{control}/incidents")).json(&outage)).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        assert_eq!((&told["id"], &told["about"]), (&json!(0), &json!("provider outage (openai)")));
        let lasts = told["ends"].as_f64().unwrap() - told["begins"].as_f64().unwrap();
        assert!((lasts - 600.0).abs() < 1e-6, "{told}");
        assert_eq!(state().await["incidents"][0]["state"], "under way");

        let (status, told) = answer(client.delete(format!("{control}/incidents/0"))).await;
        assert_eq!((status, &told["id"]), (StatusCode::OK, &json!(0)));
        assert_eq!(state().await["incidents"][0]["state"], "over");
        let (status, told) = answer(client.delete(format!("{control}/incidents/0"))).await;
        assert_eq!((status, &told["error"]), (StatusCode::CONFLICT, &json!("incident 0 is over")));

        let later = json!({ "at": "1h", "cache_flush": {} });
        let (_, told) = answer(client.post(format!("{control}/incidents")).json(&later)).await;
        assert_eq!(told["state"], "to come");
        let (status, _) = answer(client.delete(format!("{control}/incidents/1"))).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(state().await["incidents"].as_array().unwrap().len(), 1);
    });
    Ok(())
}

fn restart() -> Result<(), Failed> {
    let (served, client) = (served(), Client::new());
    let (control, url) = (served.control(), served.url("prompt-security"));
    let started = async |url: &str| -> Result<f64, String> {
        let answer = client.get(url).send().await.map_err(|error| error.to_string())?;
        let text = answer.text().await.map_err(|error| error.to_string())?;
        let found = text.lines().find_map(|line| line.strip_prefix("process_start_time_seconds "));
        Ok(found.unwrap().parse().unwrap())
    };
    block_on(async {
        let before = started(&url).await.unwrap();
        let neighbour = started(&served.url("llm-provider")).await.unwrap();
        let path = format!("{control}/modules/prompt-security/restart?for=300ms");
        let (status, told) = answer(client.post(path)).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        assert_eq!(told["about"], "module restart (prompt-security)");
        let after = until("a new process", || async {
            let after = started(&url).await?;
            if before < after { Ok(after) } else { Err(format!("{after}")) }
        })
        .await;
        assert!(0.3 <= after - before, "{before}, then {after}");
        assert_eq!(started(&served.url("llm-provider")).await.unwrap(), neighbour);
    });
    Ok(())
}

fn refusals() -> Result<(), Failed> {
    let (served, client) = (served(), Client::new());
    let control = served.control();
    let to = |method: Method, path: &str| client.request(method, format!("{control}{path}"));
    let post = |body: &'static str| {
        to(Method::POST, "/incidents").header("content-type", "application/json").body(body)
    };
    let get = |path: &str| to(Method::GET, path);
    let huge: &'static str = Box::leak(format!("\"{}\"", "x".repeat(100_000)).into_boxed_str());
    let table = [
        (
            post(r#"{"for": "soon", "provider_outage": {"provider": "opnai", "failing": 2}}"#),
            422,
            "did you mean openai?",
        ),
        (post(r#"{"for": "1s"}"#), 422, "expected an incident"),
        (post(r#"{"traffic_stop": {}}"#), 422, "missing key for"),
        (
            post(r#"{"for": "1s", "traffic_stop": {}, "guard_bypassed": {}}"#),
            422,
            "expected one incident",
        ),
        (
            post(r#"{"for": "1s", "module_down": {"module": "llm-provider", "replica": 4}}"#),
            422,
            "expected a copy",
        ),
        (post("for: 1s\ntraffic_stop: {}"), 400, "not JSON"),
        (post(""), 400, "not JSON"),
        (post(huge), 413, ""),
        (to(Method::POST, "/incidents").body("{}"), 415, "application/json"),
        (post("{}").header("origin", "http://elsewhere.example"), 403, "web pages"),
        (to(Method::DELETE, "/incidents/7"), 404, "no incident has the number 7"),
        (to(Method::DELETE, "/incidents/x"), 400, "expected the number"),
        (to(Method::POST, "/modules/llm-provder/restart"), 404, "did you mean llm-provider?"),
        (to(Method::POST, "/modules/llm-provider/restart?replica=3"), 404, "from 0 to 0"),
        (to(Method::POST, "/modules/llm-provider/restart?for=soon"), 400, "such as 2s"),
        (to(Method::POST, "/modules/llm-provider/restart?copy=0"), 400, "copy"),
        (get("/incident"), 404, "/incidents"),
        (get("/incidents"), 405, "/incidents"),
    ];
    block_on(async {
        for (request, status, reason) in table {
            let request = request.build().unwrap();
            let what = format!("{request:?}");
            let found = client.execute(request).await.unwrap();
            assert_eq!(found.status(), status, "{what}");
            let document: Value = serde_json::from_str(&found.text().await.unwrap()).unwrap();
            assert!(
                document["error"].is_string() && document.to_string().contains(reason),
                "{what}: {document}"
            );
        }
        let (_, state) = answer(get("/state")).await;
        assert_eq!(state["incidents"], json!([]), "nothing of it came to anything");
    });
    Ok(())
}
