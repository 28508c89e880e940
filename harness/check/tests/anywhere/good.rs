//! Good rules in the style of public collections: none of them may be called wrong.

use std::fmt::Write as _;

use super::Folder;

/// Expressions of alerts, with the label that their annotation names (empty where there is none).
const GOOD: [(&str, &str); 107] = [
    ("up == 0", "instance"),
    ("sum by (job) (up) == 0", "job"),
    ("absent(up{job=\"prometheus\"})", "job"),
    ("count by (job) (up == 0) / count by (job) (up) * 100 > 10", "job"),
    ("changes(process_start_time_seconds{job=~\"a|b\"}[15m]) > 2", "instance"),
    ("prometheus_config_last_reload_successful != 1", "instance"),
    ("rate(prometheus_tsdb_compactions_failed_total[5m]) > 0", "instance"),
    ("prometheus_notifications_queue_length > 5", "instance"),
    (
        "histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
        "job",
    ),
    ("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 < 10", "instance"),
    ("rate(node_vmstat_pgmajfault[5m]) > 1000", "instance"),
    (
        "sum by (instance) (rate(node_network_receive_bytes_total[2m])) / 1024 / 1024 > 100",
        "instance",
    ),
    (
        "(node_filesystem_avail_bytes * 100) / node_filesystem_size_bytes < 10 and on (instance, device, mountpoint) node_filesystem_readonly == 0",
        "mountpoint",
    ),
    (
        "(node_filesystem_avail_bytes{fstype!=\"\"} / node_filesystem_size_bytes{fstype!=\"\"} * 100 < 40 and predict_linear(node_filesystem_avail_bytes{fstype!=\"\"}[6h], 24 * 60 * 60) < 0 and node_filesystem_readonly{fstype!=\"\"} == 0)",
        "device",
    ),
    (
        "100 - (avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[2m])) * 100) > 80",
        "instance",
    ),
    ("avg by (instance) (rate(node_cpu_seconds_total{mode=\"steal\"}[5m])) * 100 > 10", "instance"),
    ("(1 - (node_memory_SwapFree_bytes / node_memory_SwapTotal_bytes)) * 100 > 80", "instance"),
    ("node_systemd_unit_state{state=\"failed\"} == 1", "name"),
    (
        "((node_hwmon_temp_celsius * ignoring (label) group_left (instance, job, node, sensor) node_hwmon_sensor_label{label!=\"tctl\"} > 75))",
        "sensor",
    ),
    (
        "(node_md_disks{state=\"failed\"} > 0) * on (instance) group_left (nodename) node_uname_info{nodename=~\".+\"}",
        "nodename",
    ),
    ("increase(node_vmstat_oom_kill[1m]) > 0", "instance"),
    (
        "rate(node_network_receive_errs_total[2m]) / rate(node_network_receive_packets_total[2m]) > 0.01",
        "device",
    ),
    ("node_nf_conntrack_entries / node_nf_conntrack_entries_limit > 0.8", "instance"),
    (
        "(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0) or (node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[5m]) <= 0)",
        "instance",
    ),
    (
        "min_over_time(node_timex_sync_status[1m]) == 0 and node_timex_maxerror_seconds >= 16",
        "instance",
    ),
    ("time() - container_last_seen > 60", "name"),
    (
        "(sum by (name) (rate(container_cpu_usage_seconds_total{name!=\"\"}[3m])) * 100) > 80",
        "name",
    ),
    (
        "(sum(container_memory_working_set_bytes{name!=\"\"}) by (instance, name) / sum(container_spec_memory_limit_bytes > 0) by (instance, name) * 100) > 80",
        "name",
    ),
    (
        "sum(increase(container_cpu_cfs_throttled_periods_total{container!=\"\"}[5m])) by (container, pod, namespace) / sum(increase(container_cpu_cfs_periods_total[5m])) by (container, pod, namespace) > (25 / 100)",
        "pod",
    ),
    ("probe_success == 0", "instance"),
    ("avg_over_time(probe_duration_seconds[1m]) > 1", "instance"),
    ("probe_http_status_code <= 199 or probe_http_status_code >= 400", "instance"),
    (
        "3 <= round((last_over_time(probe_ssl_earliest_cert_expiry[10m]) - time()) / 86400, 0.1) < 20",
        "instance",
    ),
    (
        "(mysql_global_status_threads_running / mysql_global_variables_max_connections) * 100 > 60",
        "instance",
    ),
    (
        "(mysql_slave_status_slave_io_running and on (instance) mysql_slave_status_master_server_id > 0) == 0",
        "instance",
    ),
    (
        "(mysql_slave_status_seconds_behind_master - mysql_slave_status_sql_delay) and on (instance) mysql_slave_status_master_server_id > 0 > 30",
        "instance",
    ),
    ("increase(mysql_global_status_slow_queries[1m]) > 0", "instance"),
    ("rate(mysql_global_status_questions[5m]) / 1000 > 10", "instance"),
    (
        "sum by (instance, job, server) (pg_stat_activity_count) > min by (instance, job, server) (pg_settings_max_connections * 0.8)",
        "server",
    ),
    (
        "rate(pg_stat_database_xact_rollback{datname!~\"template.*\"}[3m]) / (rate(pg_stat_database_xact_rollback{datname!~\"template.*\"}[3m]) + rate(pg_stat_database_xact_commit{datname!~\"template.*\"}[3m])) > 0.02",
        "datname",
    ),
    ("max_over_time(pg_locks_count{mode=\"ExclusiveLock\"}[5m]) > 20", "datname"),
    (
        "((sum (pg_locks_count)) / (pg_settings_max_locks_per_transaction * pg_settings_max_connections)) > 0.20",
        "",
    ),
    ("count by (instance) (redis_instance_info{role=\"master\"}) > 1", "instance"),
    ("delta(redis_connected_slaves[1m]) < 0", "instance"),
    (
        "redis_memory_used_bytes / redis_memory_max_bytes * 100 > 90 and redis_memory_max_bytes > 0",
        "instance",
    ),
    ("redis_memory_used_bytes / redis_total_system_memory_bytes * 100 > 90", "instance"),
    ("increase(redis_rejected_connections_total[1m]) > 0", "instance"),
    (
        "sum(rate(nginx_http_requests_total{status=~\"^5..\"}[1m])) / sum(rate(nginx_http_requests_total[1m])) * 100 > 5",
        "",
    ),
    (
        "histogram_quantile(0.99, sum(rate(nginx_http_request_duration_seconds_bucket[2m])) by (host, node, le)) > 3",
        "host",
    ),
    (
        "((sum by (proxy) (rate(haproxy_server_http_responses_total{code=\"4xx\"}[1m])) / sum by (proxy) (rate(haproxy_server_http_responses_total[1m]))) * 100) > 5",
        "proxy",
    ),
    ("sum by (backend) (rate(haproxy_backend_current_queue[2m])) > 0", "backend"),
    ("count by (job) (traefik_service_server_up) == 1", "job"),
    (
        "kube_pod_container_status_restarts_total - kube_pod_container_status_restarts_total offset 10m >= 1 and ignoring (reason) min_over_time(kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}[10m]) == 1",
        "pod",
    ),
    ("kube_node_status_condition{condition=\"Ready\", status=\"true\"} == 0", "node"),
    (
        "max_over_time(kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[5m]) >= 1",
        "pod",
    ),
    (
        "sum by (namespace, pod) (max by (namespace, pod) (kube_pod_status_phase{phase=~\"Pending|Unknown|Failed\"}) * on (namespace, pod) group_left (owner_kind) topk by (namespace, pod) (1, max by (namespace, pod, owner_kind) (kube_pod_owner{owner_kind!=\"Job\"}))) > 0",
        "pod",
    ),
    (
        "kube_deployment_status_observed_generation != kube_deployment_metadata_generation",
        "deployment",
    ),
    (
        "(kube_deployment_spec_replicas > kube_deployment_status_replicas_available) and (changes(kube_deployment_status_replicas_updated[10m]) == 0)",
        "deployment",
    ),
    ("kube_statefulset_status_replicas_ready != kube_statefulset_replicas", "statefulset"),
    (
        "(max by (namespace, statefulset) (kube_statefulset_status_current_revision unless kube_statefulset_status_update_revision) * on (namespace, statefulset) (kube_statefulset_replicas != kube_statefulset_status_replicas_updated)) and on (namespace, statefulset) (changes(kube_statefulset_status_replicas_updated[5m]) == 0)",
        "statefulset",
    ),
    (
        "kube_horizontalpodautoscaler_status_desired_replicas >= kube_horizontalpodautoscaler_spec_max_replicas",
        "horizontalpodautoscaler",
    ),
    (
        "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes * 100 < 10",
        "persistentvolumeclaim",
    ),
    (
        "(kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes) < 0.03 and kubelet_volume_stats_used_bytes > 0 unless on (cluster, namespace, persistentvolumeclaim) kube_persistentvolumeclaim_access_mode{access_mode=\"ReadOnlyMany\"} == 1",
        "persistentvolumeclaim",
    ),
    (
        "kube_persistentvolume_status_phase{phase=~\"Failed|Pending\", job=\"kube-state-metrics\"} > 0",
        "persistentvolume",
    ),
    (
        "time() - max(kube_job_status_start_time{job=\"ksm\"} and kube_job_status_active{job=\"ksm\"} > 0) by (job_name, namespace) > 43200",
        "job_name",
    ),
    (
        "sum(namespace_cpu:kube_pod_container_resource_requests:sum) - (sum(kube_node_status_allocatable{resource=\"cpu\"}) - max(kube_node_status_allocatable{resource=\"cpu\"})) > 0 and (sum(kube_node_status_allocatable{resource=\"cpu\"}) - max(kube_node_status_allocatable{resource=\"cpu\"})) > 0",
        "",
    ),
    (
        "kube_resourcequota{job=\"ksm\", type=\"used\"} / ignoring (instance, job, type) (kube_resourcequota{job=\"ksm\", type=\"hard\"} > 0) > 0.9 < 1",
        "namespace",
    ),
    (
        "count by (cluster) (count by (git_version, cluster) (label_replace(kubernetes_build_info{job!~\"kube-dns|coredns\"}, \"git_version\", \"$1\", \"git_version\", \"(v[0-9]*.[0-9]*).*\"))) > 1",
        "cluster",
    ),
    (
        "sum(rate(rest_client_requests_total{code=~\"5..\"}[5m])) by (cluster, instance, job, namespace) / sum(rate(rest_client_requests_total[5m])) by (cluster, instance, job, namespace) > 0.01",
        "instance",
    ),
    (
        "apiserver_client_certificate_expiration_seconds_count{job=\"apiserver\"} > 0 and on (job) histogram_quantile(0.01, sum by (job, le) (rate(apiserver_client_certificate_expiration_seconds_bucket{job=\"apiserver\"}[5m]))) < 604800",
        "job",
    ),
    (
        "sum(apiserver_request:burnrate1h) > (14.40 * 0.01000) and sum(apiserver_request:burnrate5m) > (14.40 * 0.01000)",
        "",
    ),
    ("absent(up{job=\"kubelet\", metrics_path=\"/metrics\"} == 1)", ""),
    (
        "count by (cluster, node) ((kube_pod_status_phase{phase=\"Running\"} == 1) * on (instance, pod, namespace, cluster) group_left (node) topk by (instance, pod, namespace, cluster) (1, kube_pod_info)) / max by (cluster, node) (kube_node_status_capacity{resource=\"pods\"} != 1) > 0.95",
        "node",
    ),
    (
        "kube_node_spec_taint{key=\"node.kubernetes.io/unreachable\"} unless ignoring (key, value) kube_node_spec_taint{key=~\"ToBeDeleted|aws\"} == 1",
        "node",
    ),
    (
        "histogram_quantile(0.99, sum(rate(kubelet_pod_worker_duration_seconds_bucket[5m])) by (cluster, instance, le)) * on (cluster, instance) group_left (node) kubelet_node_name > 60",
        "node",
    ),
    ("max by (job, namespace) (kafka_consumergroup_lag) > 1000", "namespace"),
    ("sum(kafka_topic_partition_in_sync_replica) by (topic) < 3", "topic"),
    (
        "sum by (consumergroup) (delta(kafka_consumergroup_current_offset[5m])) == 0 and sum by (consumergroup) (kafka_consumergroup_lag) > 0",
        "consumergroup",
    ),
    ("rabbitmq_node_mem_used / rabbitmq_node_mem_limit * 100 > 90", "node"),
    ("sum by (queue) (rabbitmq_queue_messages_ready{queue=~\".+\"}) > 1000", "queue"),
    ("count(rabbitmq_build_info) < 3", ""),
    ("elasticsearch_cluster_health_status{color=\"red\"} == 1", "cluster"),
    (
        "(elasticsearch_jvm_memory_used_bytes{area=\"heap\"} / elasticsearch_jvm_memory_max_bytes{area=\"heap\"}) * 100 > 90",
        "name",
    ),
    (
        "min without (name) (elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes) < 0.1",
        "cluster",
    ),
    ("increase(elasticsearch_indices_indexing_index_total[10m]) < 1", "name"),
    ("etcd_server_has_leader == 0", "instance"),
    (
        "sum(up{job=~\".*etcd.*\"} == bool 1) without (instance) < ((count(up{job=~\".*etcd.*\"}) without (instance) + 1) / 2)",
        "job",
    ),
    (
        "max without (endpoint) (sum without (instance, pod) (up{job=~\".*etcd.*\"} == bool 0) or count without (To) (sum without (instance, pod) (rate(etcd_network_peer_sent_failures_total[120s])) > 0.01)) > 0",
        "job",
    ),
    (
        "histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m])) > 0.5",
        "instance",
    ),
    (
        "(last_over_time(etcd_mvcc_db_total_size_in_bytes[5m]) / last_over_time(etcd_server_quota_backend_bytes[5m])) * 100 > 95",
        "instance",
    ),
    ("alertmanager_config_last_reload_successful == 0", "instance"),
    (
        "max_over_time(alertmanager_cluster_members{job=\"am\"}[5m]) < on (namespace, service, cluster) group_left () count by (namespace, service, cluster) (max_over_time(alertmanager_cluster_members{job=\"am\"}[5m]))",
        "service",
    ),
    (
        "(rate(alertmanager_notifications_failed_total[15m]) / ignoring (reason) group_left () rate(alertmanager_notifications_total[15m])) > 0.01",
        "integration",
    ),
    (
        "count by (namespace, service) (count_values by (namespace, service) (\"config_hash\", alertmanager_config_hash)) != 1",
        "service",
    ),
    (
        "(prometheus_remote_storage_highest_timestamp_in_seconds - ignoring (remote_name, url) group_right () (prometheus_remote_storage_queue_highest_sent_timestamp_seconds != 0)) > 120",
        "remote_name",
    ),
    ("vector(1)", ""),
    (
        "ALERTS{alertname=\"InfoInhibitor\", severity=\"info\"} == 1 unless on (namespace) ALERTS{alertname!=\"InfoInhibitor\", severity=~\"warning|critical\", alertstate=\"firing\"} == 1",
        "namespace",
    ),
    ("hour() >= 8 and hour() < 18 and on () sum(rate(orders_total[5m])) < 1", ""),
    ("sum(rate(orders_total[5m])) < 0.5 * sum(rate(orders_total[5m] offset 1w))", ""),
    (
        "abs(sum(rate(orders_total[5m])) - sum(avg_over_time(job:orders:rate5m[1w]))) > 3 * scalar(stddev_over_time(job:orders:rate5m[1w]))",
        "",
    ),
    (
        "sum by (job) (rate(grpc_server_handled_total{grpc_code!=\"OK\"}[5m])) / sum by (job) (rate(grpc_server_started_total[5m])) > 0.05",
        "job",
    ),
    ("quantile by (job) (0.9, rpc_latency_seconds) > 1", "job"),
    ("max_over_time(sum by (job) (rate(x_total[1m]))[10m:1m]) > 10", "job"),
    (
        "(sum without (instance) (rate(x_total{status=\"error\"}[5m])) or 0 * sum without (instance) (rate(x_total[5m]))) / sum without (instance) (rate(x_total[5m])) > 0.1",
        "job",
    ),
    ("label_join(up, \"full\", \"/\", \"job\", \"instance\") == 0", "full"),
    ("count(count by (version) (app_build_info)) > 1", ""),
    (
        "sum by (vhost) (increase(http_requests_total{code=~\"5..\"}[1h])) > 10 and sum by (vhost) (increase(http_requests_total[1h])) > 100",
        "vhost",
    ),
];

/// Copies of each with another threshold, job and window: what a collection of a thousand rules is made of.
const VARIATIONS: usize = 8;

#[test]
fn hundreds_of_good_rules_have_no_error() {
    let mut text = "groups:\n".to_owned();
    for variation in 0..VARIATIONS {
        let _ = write!(text, "- name: g{variation}\n  rules:\n");
        for (index, (expr, label)) in GOOD.iter().enumerate() {
            let expr = expr.replace("[5m]", &format!("[{}m]", 5 + variation));
            let expr = expr.replace("job=\"", &format!("team=\"t{variation}\", job=\""));
            let about = if label.is_empty() {
                "all".to_owned()
            } else {
                format!("{{{{ $labels.{label} }}}}")
            };
            let _ = write!(
                text,
                "  - alert: A{index}\n    expr: >-\n      {expr}\n    for: {}m\n    labels: {{ severity: warning }}\n    annotations: {{ summary: '{about} is {{{{ $value }}}}' }}\n",
                variation + 1
            );
        }
    }
    let folder = Folder::of(&[("rules.yml", &text)]);
    let rules: usize = folder
        .reading
        .monitoring
        .rules
        .iter()
        .flat_map(|file| &file.groups)
        .map(|group| group.rules.len())
        .sum();
    assert_eq!(rules, GOOD.len() * VARIATIONS);
    assert_eq!(folder.problems(), [""; 0]);
}
