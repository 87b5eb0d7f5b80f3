#!/usr/bin/env bash
# litellm_proxy.sh - a LiteLLM proxy in front of the embedded model.
#
#     litellm_proxy.sh VENV PHANTOM_URL PORT DIR
#
# Runs until it is ended; DIR/proxy.log has its output. It knows the models small and large and asks
# for the key sk-interop. It sends nothing anywhere but to PHANTOM_URL.
set -eu
venv=$1 url=$2 port=$3 dir=$4
cat >"$dir/proxy.yaml" <<YAML
model_list:
  - model_name: small
    litellm_params: {model: openai/phantom/small, api_base: $url, api_key: none}
  - model_name: large
    litellm_params: {model: openai/phantom/large, api_base: $url, api_key: none}
litellm_settings:
  telemetry: false
  num_retries: 0
general_settings:
  master_key: sk-interop
YAML
export LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False NO_PROXY=127.0.0.1
export DISABLE_SCHEMA_UPDATE=true
exec "$venv/bin/litellm" --config "$dir/proxy.yaml" --host 127.0.0.1 --port "$port" --telemetry False \
    >"$dir/proxy.log" 2>&1
