"""From the plan of impressions to accepted ones: plan, session, runner."""
