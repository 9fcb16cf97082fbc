"""The addresses of the workspace."""

from __future__ import annotations

from django.urls import path

from concord.entrypoints.workspace.views import (
    acting,
    charter,
    charter_drafts,
    charter_texts,
    competence,
    lists,
    matter,
    matters_list,
    notices,
    session,
    today,
    tokens,
)

app_name = "workspace"
urlpatterns = [
    path("", today.today, name="today"),
    path("matters/", matters_list.matters, name="matters"),
    path("matters/<str:number>/", matter.matter, name="matter"),
    path("matters/<str:number>/acts/<str:name>/", acting.act, name="act"),
    path("m/<uuid:uid>/", matter.matter_by_uid, name="matter_by_uid"),
    path("begin/", acting.beginnings, name="beginnings"),
    path("begin/<str:procedure>/<str:name>/", acting.begin, name="begin"),
    path("papers/<uuid:uid>.<str:kind>", matter.paper, name="paper"),
    path("files/<uuid:uid>", matter.file, name="file"),
    path("cases/", lists.cases, name="cases"),
    path("cases/new/", lists.case_new, name="case_new"),
    path("cases/<uuid:uid>/", lists.case, name="case"),
    path("charter/", charter.overview, name="charter"),
    path("charter/procedures/", charter.procedures, name="charter_procedures"),
    path("charter/procedures/<str:name>/", charter.newest, name="charter_newest"),
    path("charter/procedures/<str:name>/<str:day>/", charter.procedure, name="charter_procedure"),
    path(
        "charter/procedures/<str:name>/difference/<str:before>/<str:after>/",
        charter_texts.procedure_difference,
        name="procedure_difference",
    ),
    path("charter/difference/<str:before>/<str:after>/", charter_texts.difference, name="charter_difference"),
    path("charter/drafts/", charter_drafts.drafts, name="charter_drafts"),
    path("charter/drafts/<uuid:uid>/", charter_drafts.draft, name="charter_draft"),
    path("charter/drafts/<uuid:uid>/version/", charter_drafts.new_version, name="charter_draft_version"),
    path("charter/drafts/<uuid:uid>/archive.zip", charter_drafts.archive, name="charter_draft_archive"),
    path("charter/drafts/<uuid:uid>/base/", charter_drafts.take_base, name="charter_draft_base"),
    path("charter/drafts/<uuid:uid>/discard/", charter_drafts.discard, name="charter_draft_discard"),
    path("charter/drafts/<uuid:uid>/limits/<str:procedure>/", charter_drafts.limits, name="charter_draft_limits"),
    path("charter/drafts/<uuid:uid>/adopt/", charter_drafts.adopt, name="charter_draft_adopt"),
    path("charter/drafts/<uuid:uid>/difference/", charter_texts.draft_difference, name="charter_draft_difference"),
    path("charter/drafts/<uuid:uid>/files/<path:path>", charter_texts.file, name="charter_draft_file"),
    path("charter/drafts/<uuid:uid>/restore/<path:path>", charter_texts.restore, name="charter_draft_restore"),
    path("charter/handbook.pdf", charter.handbook_file, name="charter_handbook"),
    path("competence/", competence.competence, name="competence"),
    path("directory/", lists.directory, name="directory"),
    path("notices/", notices.notices_page, name="notices"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    path("notices/settings/", notices.notice_settings, name="notice_settings"),
    path("notices/settings/test/", notices.test_mail, name="notice_test_mail"),
    path("journal/", lists.journal_page, name="journal"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/end/", tokens.token_end, name="token_end"),
    path("post/", session.post, name="post"),
    path("persona/", session.persona, name="persona"),
]
