"""What invented companies work on: undertakings with their data, columns and steps; half for tuning, half held back.

None of these tables is known to siloscope. Each undertaking: object, task, other words for the task, columns, steps.
"""

from __future__ import annotations

# object | task | said otherwise | source tables | columns | steps
UNDERTAKINGS = """
subscriber | churn prediction | attrition risk model | crm.subscriptions, billing.payments | tenure_months, plan_code, monthly_charge, support_calls, contract_end | read, clean, join, train, score, store
loan | default scoring | credit risk rating | core.loans, bureau.reports | loan_amount, interest_rate, income_band, arrears_days, employment_years | read, join, impute, train, score, store
parcel | volume forecast | shipment demand outlook | ops.parcels, ops.depots | depot_id, weekday, parcel_count, weather_code, promo_flag | read, aggregate, train, forecast, publish
claim | fraud detection | suspicious claim alerting | claims.cases, claims.parties | claim_amount, loss_type, reporter_age, garage_code, days_to_report | read, enrich, score, branch, alert
vendor bill | intake | supplier invoice capture | ap.inbox, ap.bills | bill_no, supplier_code, net_amount, tax_rate, due_date | receive, ocr, extract, validate, post, notify
new hire | onboarding | joiner setup | hr.candidates, hr.employees | start_date, cost_centre, manager_mail, laptop_model, badge_no | receive, approve, create, mail, log
meter | reading import | consumption ingestion | grid.meters, grid.readings | meter_no, reading_kwh, read_at, tariff_code, phase_count | list, download, parse, dedupe, load
ticket | routing | service request triage | desk.tickets, desk.teams | ticket_no, severity, queue_name, language_code, opened_at | receive, classify, branch, assign, notify
machine | failure prediction | predictive maintenance | plant.telemetry, plant.workorders | vibration_rms, bearing_temp, spindle_hours, last_service, line_no | read, window, train, score, alert
store | sales report | outlet revenue dashboard | pos.receipts, pos.stores | store_no, gross_sales, returns_value, basket_size, sold_on | query, aggregate, render, mail
flight | delay estimation | arrival lateness model | air.legs, air.weather | tail_no, sched_dep, taxi_out_min, crew_base, gate_area | read, join, train, score, publish
patient | readmission risk | rehospitalisation likelihood | ward.stays, ward.labs | stay_days, ward_code, lab_crp, discharge_type, prior_visits | read, anonymise, train, score, store
policy | renewal reminder | expiry notification | ins.policies, ins.holders | policy_no, expires_on, premium_gross, broker_code, holder_mail | query, filter, compose, mail, log
price | elasticity model | markdown optimisation | shop.prices, shop.orders | sku_no, list_price, discount_pct, units_sold, competitor_price | read, join, train, simulate, store
timesheet | approval | working hours sign-off | hr.hours, hr.projects | week_no, project_code, hours_booked, overtime_flag, approver_mail | receive, check, approve, mail, post
sensor | anomaly watch | outlier monitoring | iot.signals, iot.devices | device_no, signal_value, sampled_at, firmware_rev, battery_pct | subscribe, window, detect, branch, alert
customer address | cleansing | postal data correction | mdm.addresses, mdm.regions | street_name, house_no, postcode, city_name, country_iso | read, normalise, match, correct, load
contract | clause extraction | agreement parsing | legal.files, legal.clauses | doc_ref, clause_type, party_name, notice_days, governing_law | receive, ocr, extract, review, store
recipe | recommendation | meal suggestion | food.recipes, food.ratings | recipe_no, cuisine_code, prep_minutes, rating_avg, diet_flags | read, embed, rank, publish
truck | route planning | tour optimisation | fleet.trucks, fleet.stops | truck_no, stop_seq, drive_min, load_kg, driver_no | read, geocode, solve, publish, notify
bank statement | reconciliation | account matching | fin.statements, fin.ledger | booking_date, iban_tail, amount_eur, value_date, purpose_text | download, parse, match, post, report
course | enrolment sync | class registration transfer | edu.students, edu.courses | student_no, course_code, term_code, credit_points, enrolled_on | query, compare, update, log
warranty | return handling | faulty goods process | svc.returns, svc.products | rma_no, serial_no, fault_code, bought_on, shop_code | receive, check, decide, refund, notify
power plant | output forecast | generation outlook | gen.units, gen.weather | unit_no, wind_speed, irradiance, output_mw, outage_flag | read, join, train, forecast, publish
applicant | screening | CV ranking | hr.applications, hr.positions | degree_level, years_exp, skill_tags, notice_weeks, salary_ask | receive, parse, rank, mail
stock | replenishment | reorder proposal | wms.stock, wms.orders | item_no, on_hand, reorder_point, lead_days, bin_code | query, compute, propose, approve, post
call | transcription | phone recording to text | tel.calls, tel.agents | call_no, agent_no, duration_s, sentiment, language_tag | list, download, transcribe, summarise, store
news | digest | press review | media.articles, media.topics | headline, source_name, published_at, topic_tag, reach_index | fetch, filter, summarise, mail
donor | segmentation | giver clustering | ngo.donors, ngo.gifts | gift_total, gift_count, first_gift, channel_code, region_code | read, scale, cluster, store
permit | application check | licence request validation | city.permits, city.parcels | permit_no, plot_no, fee_due, submitted_on, officer_no | receive, validate, branch, mail, archive
water | quality control | tap sample checks | lab.samples, lab.sites | site_no, ph_value, nitrate_mg, turbidity, sampled_on | read, compare, flag, report
ad | click prediction | CTR model | ads.impressions, ads.campaigns | campaign_no, slot_code, device_type, bid_cents, clicked | read, hash, train, score, publish
""".strip()

WORDS = {
    "prediction": ("forecasting", "pred", "predictor"), "detection": ("detect", "finder"), "report": ("rpt", "reporting"), "model": ("mdl", "model"),
    "customer": ("client", "cust"), "invoice": ("inv", "bill"), "import": ("ingest", "load"), "notification": ("alert", "notify"), "forecast": ("fcst", "outlook"),
    "check": ("validation", "verify"), "approval": ("sign-off", "approve"), "sync": ("transfer", "replication"), "planning": ("plan", "scheduling"), "intake": ("capture", "entry"),
    "scoring": ("score", "rating"), "extraction": ("parsing", "extract"), "digest": ("summary", "roundup"), "handling": ("processing", "handler"), "risk": ("rsk", "risk"),
}  # fmt: skip
PEOPLE = tuple(
    "anna.berg ravi.nair lucia.romano tom.hale mei.lin kofi.mensah eva.novak paul.roux ines.costa jan.visser olga.petrova sam.okoro".split()
)
DEPARTMENTS = ("Finance", "Operations", "Sales", "Risk", "People", "Logistics")
STORES = ("s3://acme-lake", "s3://datahub-eu", "azblob://corplake/raw", "gs://analytics-raw")
HOSTS = (
    "host://db1.acme.example:5432/core",
    "host://dwh.acme.example:5439/dw",
    "snowflake://acme-main/DW",
    "host://pg-emea.acme.example:5432/core",
)
SCHEDULES = (
    "0 2 * * *",
    "0 6 * * 1",
    "*/15 * * * *",
    "30 4 * * *",
    "0 0 1 * *",
    "0 7-19 * * *",
    "15 3 * * *",
    "0 12 * * 5",
)
GENERIC = (
    "daily_load",
    "training-job",
    "etl",
    "model",
    "main",
    "data-export",
    "workflow1",
    "pipeline",
    "nightly batch",
    "ProcessFiles",
    "dataset",
    "predictions",
)
PRODUCTS = {
    "read": ("SqlSource", "read_sql", "DatabaseRead", "Extract"), "query": ("ExecuteQuery", "SqlOperator", "postgres", "Query"), "mail": ("SendOutlookMail", "gmail", "EmailOperator", "Send_an_email"),
    "notify": ("TeamsMessage", "slack", "SlackOperator", "Post_message"), "store": ("WriteTable", "S3Upload", "writeParquet", "Store"), "alert": ("SendAlert", "pagerDuty", "slack", "Alert"),
    "receive": ("GetMail", "webhook", "When_a_message_arrives", "emailTrigger"), "train": ("Fit", "TrainingStep", "XGBoostTrain", "train_model"), "score": ("BatchTransform", "Predict", "score_batch", "Inference"),
}  # fmt: skip
