/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The functions behind the routes, of type route_handler_fn. Each reads the site, checks its query
 * against its own list of parameters, and fills an empty response.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_HANDLERS_H
#define LASTMILE_COLLECTOR_HTTP_HANDLERS_H

#include "collector/http/message.h"
#include "collector/http/site.h"

/* routes.c */
void handle_dashboards(struct site *, const struct http_request *, struct http_response *);
/* page.c */
void handle_page(struct site *, const struct http_request *, struct http_response *);
/* page_method.c */
void handle_method(struct site *, const struct http_request *, struct http_response *);
/* page_login.c */
void handle_login(struct site *, const struct http_request *, struct http_response *);
void handle_viewer(struct site *, const struct http_request *, struct http_response *);
/* api_figures.c */
void handle_figures(struct site *, const struct http_request *, struct http_response *);
/* api_plan.c */
void handle_plan(struct site *, const struct http_request *, struct http_response *);
void handle_indicators(struct site *, const struct http_request *, struct http_response *);
void handle_areas(struct site *, const struct http_request *, struct http_response *);
void handle_operators(struct site *, const struct http_request *, struct http_response *);
/* api_status.c */
void handle_probes(struct site *, const struct http_request *, struct http_response *);
void handle_quarantine(struct site *, const struct http_request *, struct http_response *);
void handle_health(struct site *, const struct http_request *, struct http_response *);
/* api_completeness.c */
void handle_completeness(struct site *, const struct http_request *, struct http_response *);
void handle_alerts(struct site *, const struct http_request *, struct http_response *);
/* api_network.c */
void handle_nodes(struct site *, const struct http_request *, struct http_response *);
void handle_trends(struct site *, const struct http_request *, struct http_response *);
/* api_quality.c */
void handle_quality(struct site *, const struct http_request *, struct http_response *);
/* api_series.c */
void handle_series(struct site *, const struct http_request *, struct http_response *);
void handle_points(struct site *, const struct http_request *, struct http_response *);
/* api_export.c */
void handle_export(struct site *, const struct http_request *, struct http_response *);
/* api_graph.c */
void handle_graph(struct site *, const struct http_request *, struct http_response *);
/* metrics.c */
void handle_metrics(struct site *, const struct http_request *, struct http_response *);

#endif
